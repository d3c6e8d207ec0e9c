import { writeFileSync } from 'node:fs';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { RouteGuideDefinition } from '../../gen/routeguide/route_guide.js';
import { service, type Headers } from '../../src/rpc/index.js';
import {
  addKey,
  openLog,
  openStore,
  type MethodScopes,
  type ServerAuth,
} from '../../src/server/index.js';
import { openAccess } from '../../src/server/auth/open-access.js';
import { temporaryFolder } from '../../src/test-support/temporary-folder.js';
import { microsPerCall } from './middleware.js';
import { spread, type Spread } from './statistics.js';

/** What access control adds to a unary call of a caller that is known, in microseconds of CPU. */
export interface AccessResult {
  readonly keys: Spread;
  readonly jwt: Spread;
}

const SCOPE = 'guide:read';
const ISSUER = 'https://login.example.com/';
const NO_LIMITS = { readsPerSecond: 1e9, writesPerSecond: 1e9, openStreams: 1e9 };

const unused = (): never => {
  throw new Error('not called');
};

/** The handlers are not called: only the definition counts here. */
const routeGuide = service(RouteGuideDefinition, {
  getFeature: unused,
  listFeatures: unused,
  recordRoute: unused,
  routeChat: unused,
});

const scopes: MethodScopes = Object.fromEntries(
  Object.values(RouteGuideDefinition.methods).map(({ name }) => [
    `/${RouteGuideDefinition.fullName}/${name}`,
    SCOPE,
  ]),
);

/** Measures calls without a transport, with access control and without it. */
export async function measureAccess(rounds: number): Promise<AccessResult> {
  using folder = temporaryFolder();
  const store = await openStore(':memory:');
  const request = { name: 'bench', scopes: [SCOPE], expiresAtMs: undefined };
  const { text: key } = await addKey(store, request, new Date(), { knownScopes: [SCOPE] });
  const jwks = folder.file('jwks.json');
  const token = await signedToken(jwks);
  const jwt = { kind: 'jwt', issuer: ISSUER, audience: 'bench', jwks } as const;
  const result = {
    keys: await measure({ kind: 'keys', store }, key, rounds),
    jwt: await measure(jwt, token, rounds),
  };
  await store.close();
  return result;
}

async function measure(auth: ServerAuth, token: string, rounds: number): Promise<Spread> {
  const options = { auth, scopes, callerLimits: NO_LIMITS, log: openLog('silent') };
  const access = openAccess([routeGuide], options);
  if (access === undefined) throw new Error('there is no access control');
  const bytes = Buffer.from(`Bearer ${token}`);
  // A new text for each call, as a connection gives it.
  const headersOf = (): Headers => ({ authorization: [bytes.toString('latin1')] });
  const added: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const none = await microsPerCall([], headersOf);
    const micros = (await microsPerCall([access.middleware], headersOf)) - none;
    // The first round warms up.
    if (round >= 0) added.push(micros);
  }
  access.close();
  return spread(added);
}

/** A token of usual size, whose key is in the file. */
async function signedToken(jwks: string): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: '1', alg: 'RS256' };
  writeFileSync(jwks, JSON.stringify({ keys: [jwk] }));
  return new SignJWT({ scope: `openid profile ${SCOPE}`, name: 'x'.repeat(300) })
    .setProtectedHeader({ alg: 'RS256', kid: '1' })
    .setIssuer(ISSUER)
    .setAudience('bench')
    .setSubject('bench')
    .setExpirationTime('1h')
    .sign(privateKey);
}
