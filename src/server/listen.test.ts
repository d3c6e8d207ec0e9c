import { checkListenOptions } from './listen.js';

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
