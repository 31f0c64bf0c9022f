import { expect } from 'chai';
import { LAUNCHER_ORIGIN, parseLaunch } from './launch-request.ts';

const hub = 'https://hub.example.org';
const local = 'http://localhost:8000';

/** The address that is returned to, or the code of the refusal. */
function returnOf(returnTo: unknown, origins: readonly string[] = [hub, local]): string {
  const parsed = parseLaunch({ namespace: 'sessions', return_to: returnTo }, origins);
  return parsed.ok ? parsed.value.returnTo.href : parsed.refusal.code;
}

describe('the address that /launch returns to', () => {
  for (const [given, expected] of [
    [hub, `${hub}/`],
    [`${hub}/`, `${hub}/`],
    [`${hub}/user/ada?session=1&x=%2F`, `${hub}/user/ada?session=1&x=%2F`],
    ['https://hub.example.org:443/x', `${hub}/x`],
    [`${local}/hub`, `${local}/hub`],
  ] as const)
    it(`may be ${given}`, () => expect(returnOf(given)).to.equal(expected));

  for (const given of [
    undefined,
    '',
    1,
    [hub],
    'hub.example.org',
    '//hub.example.org',
    '/launch',
    'null',
    'javascript:alert(1)',
    'javascript://hub.example.org/%0aalert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    `blob:${hub}/0b1f`,
    `view-source:${hub}`,
    `filesystem:${hub}/x`,
    'ftp://hub.example.org',
    'about:blank',
    'http://hub.example.org',
    'https://hub.example.org:8443',
    'https://hub.example.org:80',
    'https://ada@hub.example.org',
    'https://:x@hub.example.org',
    'https://hub.example.org@evil.example',
    'https://hub.example.org.evil.example',
    'https://evil.example/hub.example.org',
    'https://sub.hub.example.org',
    'https:\\\\hub.example.org',
    'https://evil.example\\@hub.example.org',
    'https:/hub.example.org',
    'https:hub.example.org',
    ' https://hub.example.org',
    'https://hub.example.org\n',
    'https://hub\t.example.org',
    'ht\ntps://hub.example.org',
    'https://hub.example.org.',
    'https://hub。example.org',
    'https://ｈub.example.org',
    'https://hub.example.org/\u202e',
    'http://localhost',
    'http://localhost:8001',
    'http://127.0.0.1:8000',
    'https://localhost:8000',
  ])
    it(`may not be ${given === undefined ? 'left out' : JSON.stringify(given)}`, () =>
      expect(returnOf(given)).to.equal('return_to_not_allowed'));

  it('is refused where no origin is listed, and where it has none itself', () => {
    expect(returnOf(hub, [])).to.equal('return_to_not_allowed');
    expect(returnOf('data:text/html,x', ['null'])).to.equal('return_to_not_allowed');
  });
});

describe('the containers that /launch is asked for', () => {
  const containersOf = (containers?: unknown): unknown => {
    const parsed = parseLaunch({ namespace: 'sessions', return_to: hub, containers }, [hub]);
    return parsed.ok ? parsed.value.containers : parsed.refusal.detail;
  };

  it('are as in the annotation, or left out', () => {
    expect(containersOf()).to.equal(undefined);
    expect(containersOf('notebook')).to.deep.equal(['notebook']);
    expect(containersOf('notebook,git')).to.deep.equal(['notebook', 'git']);
    expect(containersOf('*')).to.deep.equal(['*']);
  });

  for (const given of ['', 'A', 'a b', 'a,', '*,a', ['a'], 'a'.repeat(64)])
    it(`may not be ${JSON.stringify(given).slice(0, 20)}`, () =>
      expect(containersOf(given)).to.equal(
        'The parameter containers is not a list of container names, joined by commas.',
      ));
});

describe('what is wrong with the address of /launch', () => {
  const wrong = (query: Readonly<Record<string, unknown>>): readonly string[] => {
    const parsed = parseLaunch(query, [hub]);
    return parsed.ok ? [] : parsed.problems;
  };

  it('is told by the name of each parameter, all at once', () => {
    expect(wrong({})).to.deep.equal([
      'The parameter return_to is missing.',
      'The parameter namespace is missing.',
    ]);
    expect(
      wrong({ return_to: hub, namespace: 'N', service_account: 'a_b', pod: '*', containers: '', mode: 'x' }),
    ).to.deep.equal([
      'The parameter namespace is not the name of a namespace.',
      'The parameter service_account is not the name of a service account.',
      'The parameter pod is not the name of a pod, or a prefix followed by *.',
      'The parameter containers is not a list of container names, joined by commas.',
      'The parameter mode is not message or form.',
    ]);
    expect(wrong({ return_to: `${hub}/x`, namespace: '' })).to.deep.equal([
      'The parameter namespace is missing.',
    ]);
    expect(wrong({ return_to: hub, namespace: ['a', 'b'] })).to.deep.equal([
      'The parameter namespace is not the name of a namespace.',
    ]);
  });

  it('names the origin that is not listed, and the setting that lists it', () => {
    expect(wrong({ return_to: `${local}/x`, namespace: 'n' })).to.deep.equal([
      `This console may not return to ${local}. Its operator can list that origin in TWOFOLD_LAUNCHER_ORIGINS.`,
    ]);
    expect(wrong({ return_to: 'hub.example.org', namespace: 'n' })[0]).to.contain('return_to is not');
  });
});

describe('an origin that an operator may list', () => {
  it('is https, or a loopback address of a development machine', () => {
    for (const origin of [
      hub,
      'https://hub.example.org:8443',
      local,
      'http://127.0.0.1:8000',
      'http://[::1]:8000',
      'https://[2001:db8::1]',
      'https://[fd00::1]:8443',
    ])
      expect(LAUNCHER_ORIGIN.test(origin), origin).to.equal(true);
    const others = [
      'http://hub.example.org',
      'http://localhost.evil.example',
      'http://127.0.0.1.nip.io',
      'http://10.0.0.1',
    ];
    for (const origin of [
      ...others,
      `${hub}/`,
      '*',
      'https://*.example.org',
      'null',
      'javascript:',
      'http://localhost@x',
      'https://hub.example.org:443',
      'https://[2001:db8:0::1]',
      'https://[::g]',
      'https://2001:db8::1',
      'https://[2001:db8::1',
    ])
      expect(LAUNCHER_ORIGIN.test(origin), origin).to.equal(false);
  });
});
