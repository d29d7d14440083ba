// Verifies a Sigstore bundle over a statement with another project's verifier (the npm package @sigstore/verify), which install.sh puts into
// artifacts/toolchain/sigstore.
//
//   node tests/toolchain/sigstore/verify.mjs BUNDLE --key PUBLIC-KEY.pem
//   node tests/toolchain/sigstore/verify.mjs BUNDLE --trusted-root FILE --identity SUBJECT
//
// Ends with 0 when the signature is right, 1 when it is not, 2 when it could not check.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

try {
  const require = createRequire(join(resolve(dirname(fileURLToPath(import.meta.url)), '../../../artifacts/toolchain/sigstore'), 'package.json'));
  const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');
  const { bundleFromJSON } = require('@sigstore/bundle');
  const { TrustedRoot } = require('@sigstore/protobuf-specs');
  const [file, how, value, , identity] = process.argv.slice(2);
  const bundle = bundleFromJSON(JSON.parse(readFileSync(file, 'utf8')));
  const none = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
  const keyed = how === '--key';
  const trust = keyed
    ? toTrustMaterial(none, () => ({ publicKey: createPublicKey(readFileSync(value)), validFor: () => true }))
    : toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(readFileSync(value, 'utf8'))));
  const thresholds = keyed ? { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 } : {};
  try {
    new Verifier(trust, thresholds).verify(toSignedEntity(bundle), identity ? { subjectAlternativeName: identity } : undefined);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error.stack);
  process.exitCode = 2;
}
