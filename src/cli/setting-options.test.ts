import { settings } from '../config.js';
import { settingOptions } from './setting-options.js';

it('shows the variable and the default of each flag', () => {
  const help = settingOptions().map(({ flags, description }) => `${flags} ${description}`);
  expect(help).toHaveLength(Object.keys(settings).length);
  for (const [index, { variable, flag }] of Object.values(settings).entries()) {
    expect(help[index]).toContain(variable);
    expect(help[index]).toContain(flag);
  }
  expect(help.join()).toContain('default personguide.db');
});

it('gives each option the name under which its value is read', () => {
  const names = settingOptions().map((option) => option.attributeName());
  expect(names).toEqual([
    'listen',
    'store',
    'metrics',
    'demo',
    'processes',
    'logLevel',
    'shutdownGrace',
    'keepDeleted',
    'defaultCountry',
    'web',
    'allowOrigin',
    'allowHost',
    'insecure',
    'tlsCert',
    'tlsKey',
    'tlsClientCa',
    'limit',
    'plainGrpc',
    'auth',
    'jwtIssuer',
    'jwtAudience',
    'jwtJwks',
    'jwtAlgorithms',
    'mtlsClients',
    'callerReads',
    'callerWrites',
    'callerStreams',
  ]);
});
