import { writeFileSync } from 'node:fs';
import { serverCert, serverKey } from '../test-support/certificates.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import { memoryLog } from './auth/calls.test.support.js';
import { checkListenOptions, warnOfExposure, type ListenOptions } from './listen.js';

describe('where a server listens', () => {
  it.each(['127.0.0.1', 'localhost:', '[::1]', '127.0.0.1:65536', '', 'a b:1'])(
    'must be HOST:PORT, which "%s" is not',
    (address) => {
      const listen = ['127.0.0.1:0', address];
      expect(() => {
        checkListenOptions({ listen, insecure: true });
      }).toThrow(`cannot listen on "${address}": it must be HOST:PORT`);
    },
  );

  it.each(['0.0.0.0:1', '[::]:1', '192.168.0.1:1', 'example.com:1', '127.example.com:1'])(
    'is not %s without TLS, which other machines may reach',
    (address) => {
      expect(() => {
        checkListenOptions({ listen: [address] });
      }).toThrow(`${address} can be reached from other machines`);
    },
  );

  it.each(['127.0.0.1:0', '127.8.8.8:65535', '[::1]:1', 'localhost:1'])('may be %s', (address) => {
    expect(() => {
      checkListenOptions({ listen: [address] });
    }).not.toThrow();
  });
});

describe('a server that other machines can reach', () => {
  const OPEN = 'everyone who can reach these addresses can read and change everything';
  const PLAIN = 'everyone on the way can read and change what is sent, in plain text';
  const none = { kind: 'none' } as const;
  const keys = { kind: 'keys' } as const;
  let folder: Folder;
  let tls: { cert: string; key: string };

  beforeAll(() => {
    folder = temporaryFolder();
    tls = { cert: folder.file('server.crt'), key: folder.file('server.key') };
    writeFileSync(tls.cert, serverCert);
    writeFileSync(tls.key, serverKey);
  });

  afterAll(() => {
    folder[Symbol.dispose]();
  });

  it.each([
    ['without TLS', false, keys, 'set --tls-cert and --tls-key', `--insecure: ${PLAIN}`],
    ['without access control', true, none, 'set --auth', `--insecure: ${OPEN}`],
    ['without both', false, none, 'set --tls-cert and --tls-key', `--insecure: ${OPEN}; ${PLAIN}`],
  ])('does not start %s, and with --insecure warns', (_, hasTls, auth, remedy, warning) => {
    const listen = ['127.0.0.1:0', '0.0.0.0:1'];
    const options: ListenOptions = { listen, auth, tls: hasTls ? tls : undefined };
    expect(() => {
      checkListenOptions(options);
    }).toThrow(`0.0.0.0:1 can be reached from other machines: ${remedy}`);
    const { log, lines } = memoryLog();
    const insecure = { ...options, insecure: true };
    checkListenOptions(insecure);
    warnOfExposure(insecure, log);
    expect(lines).toMatchObject([{ level: 40, addresses: ['0.0.0.0:1'], msg: warning }]);
  });

  it.each([
    ['with TLS and access control', '0.0.0.0:1', true, keys],
    ['only on loopback', '127.0.0.1:1', false, none],
  ])('starts without a warning %s', (_, address, hasTls, auth) => {
    const options = { listen: [address], auth, tls: hasTls ? tls : undefined };
    const { log, lines } = memoryLog();
    checkListenOptions(options);
    warnOfExposure(options, log);
    expect(lines).toEqual([]);
  });
});
