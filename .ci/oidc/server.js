// A real, certified OpenID Connect provider on a loopback port, for the tests: `node server.js '{"redirect_uris": [...]}'`.
// Prints its issuer on the first line. POST /_test changes it while it runs: {"slow_ms": 7000}, {"people": {...}}.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const settings = JSON.parse(process.argv[2] ?? "{}");
let slowMs = 0;
const people = {
  ada: { email: "ada@example.com", email_verified: true, name: "Ada Lovelace", groups: ["sellers"] },
  mallory: { email: "ada@example.com", email_verified: false, name: "Mallory", groups: ["admins"] },
};

const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const configuration = {
  clients: [
    {
      client_id: "shop",
      client_secret: "a secret: with odd / signs + 100%",
      redirect_uris: settings.redirect_uris ?? [],
      post_logout_redirect_uris: settings.post_logout_redirect_uris ?? [],
      backchannel_logout_uri: settings.backchannel_logout_uri,
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  scopes: ["openid", "email", "profile", "groups"],
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  fetch: (url, { dispatcher, ...options }) => fetch(url, options), // lets it reach an application on this machine
  jwks: { keys: [{ ...key, use: "sig", alg: "RS256", kid: "first" }] },
  cookies: { keys: ["only for tests"] },
  ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 3600, Grant: 3600 },
};

const server = createServer(async (request, response) => {
  if (request.url === "/_test") {
    let body = "";
    for await (const chunk of request) body += chunk;
    const told = JSON.parse(body);
    slowMs = told.slow_ms ?? slowMs;
    Object.assign(people, told.people ?? {});
    response.end("{}");
    return;
  }
  setTimeout(() => callback(request, response), slowMs);
});
let callback;
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  provider.on("backchannel.error", (ctx, error) => console.error("back-channel:", error.message, error.cause?.message));
  callback = provider.callback();
  console.log(issuer);
});
process.stdin.on("end", () => process.exit(0)).resume();
