// A Sigstore on loopback for the tests: Fulcio, its certificate transparency log, Rekor v1 and a timestamp server, from the parts of the npm package
// @sigstore/mock, which install.sh puts into artifacts/toolchain/sigstore.
//
//   node tests/toolchain/sigstore/server.mjs FOLDER
//
// Writes fulcio.pem, ctfe.pub, rekor.pub and tsa.pem into FOLDER, then prints one line, "listening on PORT". Ends when its standard input ends.
// Every request is one more line: METHOD PATH STATUS.
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(join(resolve(dirname(fileURLToPath(import.meta.url)), '../../../artifacts/toolchain/sigstore'), 'package.json'));
const { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, initializeTSA, rekorHandler } = require('@sigstore/mock');
const { TimeStampReq } = require('pkijs');

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
const tsa = await initializeTSA(newKey());
// Whole seconds: a fraction that ends in zero is not DER.
tsa.getCurrentTime = () => new Date(Math.floor(Date.now() / 1000) * 1000);

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', chunk => chunks.push(chunk));
  request.on('end', async () => {
    const { statusCode, response: body, contentType, headers } = await answer(request, Buffer.concat(chunks));
    console.log(`${request.method} ${request.url} ${statusCode}`);
    response.writeHead(statusCode, { 'Content-Type': contentType ?? 'text/plain', ...headers });
    response.end(body);
  });
});

async function answer(request, body) {
  switch (`${request.method} ${request.url}`) {
    case 'POST /api/v2/signingCert': {
      // The real one takes the token from the header too, and answers 200.
      const wanted = JSON.parse(body.toString());
      wanted.credentials ??= { oidcIdentityToken: (request.headers.authorization ?? '').replace(/^Bearer /, '') };
      wanted.certificateSigningRequest &&= Buffer.from(wanted.certificateSigningRequest, 'base64').toString();
      const made = await fulcio.fn(JSON.stringify(wanted));
      return { ...made, statusCode: made.statusCode === 201 ? 200 : made.statusCode };
    }
    case 'POST /api/v1/log/entries': {
      const entry = await rekor.fn(JSON.stringify(canonical(JSON.parse(body.toString()))));
      const [uuid] = entry.statusCode === 201 ? Object.keys(JSON.parse(entry.response)) : [''];
      return { ...entry, headers: { ETag: uuid, Location: `/api/v1/log/entries/${uuid}` } };
    }
    case 'POST /api/v1/timestamp':
      return { statusCode: 201, response: await timestamp(body), contentType: 'application/timestamp-reply' };
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

// The mock takes its questions as JSON, the real one as RFC 3161 says.
async function timestamp(question) {
  const { messageImprint, nonce, certReq, reqPolicy } = TimeStampReq.fromBER(question);
  const info = tsa.tstInfo;
  const one = Object.create(tsa, {
    tstInfo: {
      value(request) {
        return Object.assign(info.call(tsa, request), { nonce });
      },
    },
  });
  return await one.timestamp({
    artifactHash: Buffer.from(messageImprint.hashedMessage.valueBlock.valueHexView),
    hashAlgorithmOID: messageImprint.hashAlgorithm.algorithmId,
    nonce: 0,
    policyOID: reqPolicy ?? '1.3.6.1.4.1.57264.2',
    certReq,
  });
}

const pemOf = (...certificates) => certificates.map(der => `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`).join('');

let rekor;
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  rekor = rekorHandler(await initializeTLog(`http://localhost:${port}`, rekorKey));
  writeFileSync(join(folder, 'fulcio.pem'), pemOf(ca.rootCertificate));
  writeFileSync(join(folder, 'tsa.pem'), pemOf(tsa.intCertificate, tsa.rootCertificate));
  writeFileSync(join(folder, 'ctfe.pub'), pem(logKey.publicKey.export({ type: 'spki', format: 'pem' })));
  writeFileSync(join(folder, 'rekor.pub'), pem(rekorKey.publicKey.export({ type: 'spki', format: 'pem' })));
  console.log(`listening on ${port}`);
});
process.stdin.on('end', () => process.exit(0)).resume();
