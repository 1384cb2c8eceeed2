// The company's OpenID provider in the tests: oidc-provider with its own pages, on loopback.
// Usage: node provider.mjs FOLDER_WITH_NODE_MODULES SETTINGS_JSON; prints `ready PORT`, and ends with its standard input.
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, text] = process.argv.slice(2);
const within = (path) => import(pathToFileURL(resolve(folder, 'node_modules', path)));
const { Provider, errors } = await within('oidc-provider/lib/index.js');
const { createRemoteJWKSet, jwtVerify } = await within('jose/dist/webapi/index.js');
const given = JSON.parse(text);

let provider;
const server = createServer((request, response) => provider.callback()(request, response));
await new Promise((done) => server.listen(given.port ?? 0, '127.0.0.1', done));
const { port } = server.address();
const issuer = `http://${given.host ?? '127.0.0.1'}:${port}`;  // another name of this machine is another site to a browser

const groups = given.groups ?? {};
const resourceServer = (resource) => ({
  scope: 'query', audience: resource, accessTokenTTL: 300, accessTokenFormat: 'jwt',
  jwt: { sign: { alg: given.algorithm ?? 'RS256' } },
});
const described = (id) => ({ email: `${id}@example.test`, email_verified: true, groups: groups[id] ?? [] });
const exchanged = new WeakMap();
provider = new Provider(issuer, {
  // What a person's token for a resource says of them beside their name; of an exchanged one, also who acts.
  extraTokenClaims: (_, token) => exchanged.get(token) ?? (token.kind === 'AccessToken' ? described(token.accountId) : undefined),
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
      getResourceServerInfo: (_, resource) => resourceServer(resource),
    },
  },
});

// RFC 8693: a person's token and an agent's own make a token for one resource, which names both. Every token that is
// handed in must be of this provider's making and good at this hour; who acted before stays within `act`.
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
const genuine = async (token, type, wanted) => {
  if (!wanted.includes(type)) throw new errors.InvalidRequest(`a token of type ${type} cannot be exchanged`);
  try {
    return (await jwtVerify(token ?? '', keys, { issuer })).payload;
  } catch {
    throw new errors.InvalidGrant('a token that was handed in is not good');
  }
};
const TYPE = 'urn:ietf:params:oauth:token-type:';
const GIVEN = ['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type', 'resource', 'scope'];
provider.registerGrantType('urn:ietf:params:oauth:grant-type:token-exchange', async (ctx) => {
  const { client, params } = ctx.oidc;
  const person = await genuine(params.subject_token, params.subject_token_type, [`${TYPE}id_token`, `${TYPE}access_token`]);
  const actor = await genuine(params.actor_token, params.actor_token_type, [`${TYPE}access_token`]);
  if (actor.client_id !== client.clientId) throw new errors.InvalidGrant('the actor is somebody else');
  if (person.may_act && person.may_act.sub !== actor.client_id) throw new errors.InvalidGrant('somebody else may act');
  if (!params.resource) throw new errors.InvalidTarget('a resource must be named');
  const token = new provider.AccessToken({
    client, accountId: person.sub, scope: 'query', expiresIn: 300, resourceServer: new provider.ResourceServer(
      params.resource, resourceServer(params.resource),
    ),
  });
  exchanged.set(token, {
    ...described(person.sub),
    act: { sub: actor.client_id, ...(person.act ? { act: person.act } : {}) },
  });
  ctx.body = {
    access_token: await token.save(), issued_token_type: `${TYPE}access_token`, token_type: 'Bearer',
    expires_in: token.expiration, scope: token.scope,
  };
}, GIVEN);
provider.on('server_error', (_, error) => console.error('server_error', error));
console.log(`ready ${port}`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
