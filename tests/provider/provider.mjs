// The company's OpenID provider in the tests: oidc-provider with its own pages, on loopback.
// Usage: node provider.mjs FOLDER_WITH_NODE_MODULES SETTINGS_JSON; prints `ready PORT`, and ends with its standard input.
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, text] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(resolve(folder, 'node_modules/oidc-provider/lib/index.js')));
const given = JSON.parse(text);

let provider;
const server = createServer((request, response) => provider.callback()(request, response));
await new Promise((done) => server.listen(given.port ?? 0, '127.0.0.1', done));
const { port } = server.address();
const issuer = `http://${given.host ?? '127.0.0.1'}:${port}`;  // another name of this machine is another site to a browser

const groups = given.groups ?? {};
provider = new Provider(issuer, {
  clients: given.clients,
  ...(given.jwks ? { jwks: given.jwks } : {}),
  // Here everything is on loopback, where it calls nobody otherwise.
  fetch: (url, { dispatcher: _, ...options }) => globalThis.fetch(url, options),
  cookies: { keys: ['for the tests alone'] },
  // As it comes, it tells of people at its userinfo endpoint alone.
  claims: { openid: given.userinfo ? ['sub'] : ['sub', 'groups'], email: ['email', 'email_verified'], groups: ['groups'] },
  scopes: ['openid', 'offline_access', 'email', 'groups'],
  conformIdTokenClaims: given.userinfo ?? false,
  rotateRefreshToken: true,
  ttl: { IdToken: given.idToken ?? 600, AccessToken: 600, ClientCredentials: 300 },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.test`, email_verified: true, groups: groups[id] ?? [] }),
  }),
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    clientCredentials: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({
        scope: 'query', audience: resource, accessTokenTTL: 300, accessTokenFormat: 'jwt',
        jwt: { sign: { alg: given.algorithm ?? 'RS256' } },
      }),
    },
  },
});
provider.on('server_error', (_, error) => console.error('server_error', error));
console.log(`ready ${port}`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
