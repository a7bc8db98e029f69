// `npm run check:clients [-- Python]`: makes clients of /openapi.json with the code generators of Go, TypeScript and Python, compiles and runs them; and reads /metrics as Prometheus does.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import { ROOT } from './local/bundle.ts';
import { startDeployment } from './local/deployment.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

const ADMIN_TOKEN = 'generated-clients-root-token-of-48-characters-00';
const ISSUER = 'https://issuer.generated.example';
const PROGRAMS = join(ROOT, 'test/fixtures/generated-clients');
/** Milliseconds for one command: a generator that is compiled from source takes up to three minutes on two busy cores. */
const COMMAND_TIMEOUT_MS = 420_000;

interface Generated {
  readonly language: string;
  /** What must be on the machine. */
  readonly needs: string;
  /** Fetches the generator; without a network the client is skipped. */
  readonly install: readonly string[];
  /** Makes, compiles and runs the client, which creates, lists, exchanges and deletes; a failure of one of these is ours. */
  readonly prove: readonly string[];
}

/** Versions are pinned, so that a new generator fails nobody's change. `$PROGRAMS` is where the programs are. */
const CLIENTS: readonly Generated[] = [
  {
    language: 'Go (oapi-codegen)',
    needs: 'go',
    install: [
      'GOBIN="$PWD/bin" go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2',
      'go mod init roundtrip && go get github.com/oapi-codegen/runtime@v1.9.0',
    ],
    prove: [
      'mkdir client && bin/oapi-codegen -generate types,client -package client openapi.json > client/client.go',
      'cp "$PROGRAMS/round-trip.go" main.go && go mod tidy && go vet ./... && go run .',
    ],
  },
  {
    language: 'Go (ogen)',
    needs: 'go',
    install: [
      'GOBIN="$PWD/bin" go install github.com/ogen-go/ogen/cmd/ogen@v1.24.0',
      'go mod init generated && go get github.com/ogen-go/ogen@v1.24.0',
    ],
    prove: ['bin/ogen --target client --package client --clean openapi.json', 'go mod tidy && go build ./...'],
  },
  {
    language: 'TypeScript (openapi-typescript, openapi-fetch)',
    needs: 'node',
    install: [
      'npm init -y >/dev/null && npm i -E --no-audit --no-fund openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3 @types/node@24',
    ],
    prove: [
      'npx openapi-typescript openapi.json -o client.ts',
      'cp "$PROGRAMS/round-trip.mts" . && npx tsc --strict --module nodenext --target es2022 --skipLibCheck --outDir out round-trip.mts',
      'echo \'{"type":"module"}\' > out/package.json && node out/round-trip.mjs',
    ],
  },
  {
    language: 'Python (openapi-python-client)',
    needs: 'python3',
    install: ['python3 -m venv venv && venv/bin/pip install -q openapi-python-client==0.29.1'],
    prove: [
      'venv/bin/openapi-python-client generate --path openapi.json --output-path client --meta none',
      'venv/bin/python -m compileall -q client && cp "$PROGRAMS/round-trip.py" . && venv/bin/python round-trip.py',
    ],
  },
  {
    language: 'Prometheus (metrics, rules, dashboard)',
    needs: 'go',
    install: [
      'go mod init monitoring && cp "$MONITORING/check.go" main.go && go get github.com/prometheus/prometheus@v0.316.0',
    ],
    prove: [
      'curl -sfS -H "authorization: Bearer $ADMIN_TOKEN" "$CAMBIST_URL/metrics" > metrics.txt',
      'go mod tidy && go run . metrics.txt "$DEPLOY/prometheus-rules.yml" "$DEPLOY/grafana-dashboard.json"',
    ],
  },
];

const work = mkdtempSync(join(tmpdir(), 'cambist-clients-'));
const deployment = await startDeployment(ADMIN_TOKEN, join(work, 'state'));
let failed = 0;
try {
  const openapi = await (await fetch(`${deployment.url}/openapi.json`)).text();
  const signer = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(signer.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' };
  const provider = await registerIssuer(jwk);
  const wanted = process.argv[2] ?? '';
  for (const [index, client] of CLIENTS.filter(({ language }) => language.includes(wanted)).entries()) {
    const directory = join(work, String(index));
    mkdirSync(directory);
    writeFileSync(join(directory, 'openapi.json'), openapi);
    const subject = `project:generated:client-${index}`;
    const subjectToken = await new SignJWT({ sub: subject, aud: deployment.url, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setIssuer(ISSUER)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(signer.privateKey);
    const verdict = prove(client, directory, {
      CAMBIST_URL: deployment.url,
      ADMIN_TOKEN,
      PROVIDER: provider,
      SUBJECT: subject,
      SUBJECT_TOKEN: subjectToken,
      ACCOUNT: `client ${index}`,
      PROGRAMS,
      MONITORING: join(ROOT, 'test/fixtures/monitoring'),
      DEPLOY: join(ROOT, 'deploy/monitoring'),
    });
    console.log(`${verdict.padEnd(8)}${client.language}`);
    if (verdict === 'FAILED') failed += 1;
  }
} finally {
  await deployment.stop();
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

function prove(
  { language, needs, install, prove: steps }: Generated,
  directory: string,
  env: Readonly<Record<string, string>>,
): 'ok' | 'skipped' | 'FAILED' {
  const run = (command: string): { readonly ok: boolean; readonly output: string } => {
    const { status, stdout, stderr } = spawnSync(command, {
      cwd: directory,
      shell: '/bin/bash',
      encoding: 'utf8',
      timeout: COMMAND_TIMEOUT_MS,
      env: { ...process.env, GOFLAGS: '-mod=mod', ...env },
    });
    return { ok: status === 0, output: `${stdout}${stderr}`.trim() };
  };
  if (!run(`command -v ${needs}`).ok) {
    console.log(`${language}: ${needs} is not installed on this machine`);
    return 'skipped';
  }
  for (const command of install) {
    const { ok, output } = run(command);
    if (ok) continue;
    console.log(`${language}: the generator could not be fetched: ${output.split('\n').at(-1) ?? ''}`);
    return 'skipped';
  }
  for (const command of steps) {
    const { ok, output } = run(command);
    if (ok) continue;
    console.log(`$ ${command}\n${output.slice(-4_000)}`);
    return 'FAILED';
  }
  return 'ok';
}

async function registerIssuer(jwk: object): Promise<string> {
  const response = await fetch(`${deployment.url}/v1/federated-identity-providers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'generated', providerIssuer: ISSUER, localJwks: { keys: [jwk] } }),
  });
  const body = (await response.json()) as { readonly identity?: string };
  if (body.identity === undefined) throw new Error(`the issuer was not registered: ${response.status}`);
  return body.identity;
}
