// A launcher: a ticket from Twofold's console, a pod from Kubernetes. node launcher.mjs NAMESPACE POD SECRET...
// CONSOLE and KUBERNETES are addresses; TOKEN is the person's access token, KUBERNETES_TOKEN the launcher's own, if needed.
const { CONSOLE, KUBERNETES, TOKEN, KUBERNETES_TOKEN } = process.env;
const [namespace, name, ...secrets] = process.argv.slice(2);

async function post(url, token, body) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await response.json();
  // The console's problem documents have a detail and a code; Kubernetes' message ends with Twofold's "(code)".
  if (!response.ok)
    throw new Error(answer.kind === 'Status' ? answer.message : `${answer.detail} (${answer.code})`);
  return answer;
}

try {
  const request = { namespace, pod: name, secrets, containers: ['main'], ttlSeconds: 600 };
  const { annotations } = await post(`${CONSOLE}/api/v1/tickets`, TOKEN, request);
  const container = { name: 'main', image: 'busybox', command: ['ls', '-l', '/secrets'] };
  await post(`${KUBERNETES}/api/v1/namespaces/${namespace}/pods`, KUBERNETES_TOKEN, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations },
    spec: { restartPolicy: 'Never', containers: [container] },
  });
  console.log(`${name} is admitted, with ${secrets.join(', ')} in /secrets`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
