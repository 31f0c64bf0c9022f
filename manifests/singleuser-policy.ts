/**
 * Zero to JupyterHub's NetworkPolicy for users' servers, as the chart (4.x) renders it from its defaults: `privateIPs`
 * is false, so it closes the cluster's own addresses. For tests. No zone.
 */
const labels = { app: 'jupyterhub', release: 'hub' };
export const singleuserLabels = { ...labels, component: 'singleuser-server' };
export const hubLabels = { ...labels, component: 'hub' };

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
const metadataServer = '169.254.169.254/32';
function block(cidr: string): object {
  return { ipBlock: { cidr } };
}

export function singleuserPolicy(namespace: string) {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'singleuser', namespace, labels: { ...labels, heritage: 'Helm' } },
    spec: {
      podSelector: { matchLabels: singleuserLabels },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          ports: [{ port: 'notebook-port' }],
          from: [{ podSelector: { matchLabels: { 'hub.jupyter.org/network-access-singleuser': 'true' } } }],
        },
      ],
      egress: [
        { ports: [{ port: 8081 }], to: [{ podSelector: { matchLabels: hubLabels } }] },
        {
          ports: [{ port: 8000 }],
          to: [{ podSelector: { matchLabels: { ...labels, component: 'proxy' } } }],
        },
        {
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 53, protocol: 'TCP' },
          ],
          to: [
            block(metadataServer),
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } },
            ...privateRanges.map(block),
          ],
        },
        { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: [...privateRanges, metadataServer] } }] },
      ],
    },
  };
}
