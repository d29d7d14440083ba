// A Sigstore on loopback for the tests: Fulcio, its certificate transparency log, and Rekor v1, from the parts of the npm package @sigstore/mock,
// which install.sh puts into artifacts/toolchain/sigstore.
//
//   node tests/toolchain/sigstore/server.mjs FOLDER
//
// Writes fulcio.pem, ctfe.pub and rekor.pub into FOLDER, then prints one line, "listening on PORT". Ends when its standard input ends.
// Every request is one more line: METHOD PATH STATUS.
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(join(resolve(dirname(fileURLToPath(import.meta.url)), '../../../artifacts/toolchain/sigstore'), 'package.json'));
const { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler } = require('@sigstore/mock');

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node tests/toolchain/sigstore/server.mjs FOLDER');
  process.exit(2);
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const sha256 = data => createHash('sha256').update(data).digest('hex');
const pem = key => createPublicKey(key).export({ type: 'spki', format: 'pem' });
const [caKey, logKey, rekorKey] = [newKey(), newKey(), newKey()];
const ca = await initializeCA(caKey, await initializeCTLog(logKey));
const fulcio = fulcioHandler(ca, { subjectClaim: 'sub' });

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', chunk => chunks.push(chunk));
  request.on('end', async () => {
    const { statusCode, response: body, contentType, headers } = await answer(request, Buffer.concat(chunks).toString());
    console.log(`${request.method} ${request.url} ${statusCode}`);
    response.writeHead(statusCode, { 'Content-Type': contentType ?? 'text/plain', ...headers });
    response.end(body);
  });
});

async function answer(request, body) {
  switch (`${request.method} ${request.url}`) {
    case 'POST /api/v2/signingCert': {
      // The real one takes the token from the header too, and answers 200.
      const wanted = JSON.parse(body);
      wanted.credentials ??= { oidcIdentityToken: (request.headers.authorization ?? '').replace(/^Bearer /, '') };
      wanted.certificateSigningRequest &&= Buffer.from(wanted.certificateSigningRequest, 'base64').toString();
      const made = await fulcio.fn(JSON.stringify(wanted));
      return { ...made, statusCode: made.statusCode === 201 ? 200 : made.statusCode };
    }
    case 'POST /api/v1/log/entries': {
      const entry = await rekor.fn(JSON.stringify(canonical(JSON.parse(body))));
      const [uuid] = entry.statusCode === 201 ? Object.keys(JSON.parse(entry.response)) : [''];
      return { ...entry, headers: { ETag: uuid, Location: `/api/v1/log/entries/${uuid}` } };
    }
    default:
      return { statusCode: 404, response: 'not found' };
  }
}

// What the real Rekor enters in its log for a DSSE envelope: hashes, not the content (rekor, pkg/types/dsse/v0.0.1).
function canonical(entry) {
  if (entry.kind !== 'dsse') return entry;
  const { envelope, verifiers } = entry.spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope);
  return {
    apiVersion: entry.apiVersion,
    kind: entry.kind,
    spec: {
      envelopeHash: { algorithm: 'sha256', value: sha256(envelope) },
      payloadHash: { algorithm: 'sha256', value: sha256(Buffer.from(payload, 'base64')) },
      signatures: signatures.map(({ sig }, index) => ({ signature: sig, verifier: verifiers[index] })),
    },
  };
}

let rekor;
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  rekor = rekorHandler(await initializeTLog(`http://localhost:${port}`, rekorKey));
  writeFileSync(join(folder, 'fulcio.pem'), `-----BEGIN CERTIFICATE-----\n${ca.rootCertificate.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`);
  writeFileSync(join(folder, 'ctfe.pub'), pem(logKey.publicKey.export({ type: 'spki', format: 'pem' })));
  writeFileSync(join(folder, 'rekor.pub'), pem(rekorKey.publicKey.export({ type: 'spki', format: 'pem' })));
  console.log(`listening on ${port}`);
});
process.stdin.on('end', () => process.exit(0)).resume();
