// What admission engines would make of policies: strict validation against the schemas of their custom resources, and their expressions run by engines of
// the same languages (JMESPath, CEL). What only an engine itself can do, verifying signatures, is handed in as the answers of the real cosign.
//
//   node tests/toolchain/policies.mjs read FILE.yaml            the documents as JSON
//   node tests/toolchain/policies.mjs check FOLDER FILE.yaml…   against the schemas in FOLDER (GROUP_KIND_VERSION.json); one line an error, exit code 1
//   node tests/toolchain/policies.mjs decide FILE.yaml          standard input: the case, see decide(); prints a line a refusal, exit code 3 when there is one
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../../artifacts/toolchain/ajv');
if (!existsSync(join(folder, 'node_modules/yaml'))) {
  console.error(`yaml is not in ${folder}. Run tests/toolchain/install.sh (it needs node and npm).`);
  process.exit(2);
}
const require = createRequire(join(folder, 'package.json'));

// Strict: a key that stands twice, or an alias, is an error.
function documents(file) {
  const yaml = require('yaml');
  return yaml.parseAllDocuments(readFileSync(file, 'utf8'), { uniqueKeys: true, strict: true }).map(document => {
    if (document.errors.length > 0 || document.warnings.length > 0) throw new Error(`${file}: ${[...document.errors, ...document.warnings][0].message}`);
    return document.toJS({ maxAliasCount: 0 });
  });
}

// What the API server drops without a word is an error here: an object with properties has no others, unless it says that it keeps them.
function close(schema) {
  if (schema === null || typeof schema !== 'object') return schema;
  if (Array.isArray(schema)) return schema.map(close);
  const closed = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, name === 'properties' ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, close(inner)])) : ['items', 'allOf', 'anyOf', 'oneOf', 'additionalProperties'].includes(name) ? close(value) : value]));
  if (closed['x-kubernetes-int-or-string']) delete closed.type;
  if (closed.properties && closed.additionalProperties === undefined && !closed['x-kubernetes-preserve-unknown-fields']) closed.additionalProperties = false;
  if (closed.default === null) delete closed.default;
  // Go writes \PC where JavaScript wants \P{C}.
  if (typeof closed.pattern === 'string') closed.pattern = closed.pattern.replace(/\\([pP])([A-Z])/g, '\\$1{$2}');
  return closed;
}

// Objects nested in anyOf are conditions on the object around them, and close nothing by themselves.
function open(schema) {
  if (schema === null || typeof schema !== 'object') return schema;
  for (const name of ['anyOf', 'oneOf', 'allOf']) for (const part of schema[name] ?? []) delete part.additionalProperties;
  for (const value of Object.values(schema)) open(value);
  return schema;
}

const metadata = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', maxLength: 63 },
    namespace: { type: 'string' },
    labels: { type: 'object', additionalProperties: { type: 'string', pattern: '^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]?$' } },
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

function check(schemas, files) {
  const Ajv = require('ajv');
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  let valid = true;
  for (const file of files) {
    for (const item of documents(file)) {
      const [group, version] = item.apiVersion.split('/');
      // One schema serves both: the cluster-wide kind has the same fields.
      const name = `${group}_${item.kind.toLowerCase().replace('ciliumclusterwide', 'cilium')}_${version}.json`;
      const schema = open(close(JSON.parse(readFileSync(join(schemas, name), 'utf8'))));
      schema.properties = { ...schema.properties, apiVersion: { const: item.apiVersion }, kind: { const: item.kind }, metadata };
      delete schema.$schema;
      const validate = ajv.compile({ ...schema, required: ['apiVersion', 'kind', 'metadata', 'spec'], additionalProperties: false });
      if (validate(item)) continue;
      valid = false;
      for (const error of validate.errors.slice(0, 20)) console.log(`${file}: ${item.kind} ${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`);
    }
  }
  return valid ? 0 : 1;
}

// Kyverno's operator Equals: text with wildcards, or the same number.
function equals(value, wanted) {
  if (typeof wanted !== 'string') return value === wanted;
  return new RegExp(`^${wanted.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's').test(String(value));
}

// The case: { signature: bool, statements: { PREDICATE-TYPE: [statement] } }: what the real cosign verifies of the image with the parameters of the policy.
function verifyImages(policy, image) {
  const jmespath = require('jmespath');
  const refusals = [];
  for (const rule of policy.spec.rules.flatMap(rule => rule.verifyImages ?? [])) {
    if (rule.attestors && !image.signature) refusals.push('no signature');
    for (const attestation of rule.attestations ?? []) {
      const statements = image.statements[attestation.type] ?? [];
      const fits = statements.some(statement => (attestation.conditions ?? []).every(({ all }) => all.every(({ key, operator, value }) => {
        if (operator !== 'Equals') throw new Error(`unknown operator ${operator}`);
        return equals(jmespath.search(statement.predicate, /^\{\{ (.*) \}\}$/.exec(key)[1]), value);
      })));
      if (!fits) refusals.push(`${attestation.name}: ${statements.length === 0 ? 'not there' : 'a condition is not met'}`);
    }
  }
  return refusals;
}

async function environment() {
  const { Environment } = await import(pathToFileURL(join(folder, 'node_modules/@marcbachmann/cel-js/lib/index.js')));
  return new Environment({ unlistedVariablesAreDyn: true });
}

async function imageValidating(policy, image) {
  const cel = await environment();
  cel.registerFunction('verifyImageSignatures(dyn, list<dyn>): int', () => (image.signature ? 1n : 0n));
  cel.registerFunction('verifyAttestationSignatures(dyn, dyn, list<dyn>): int', (_, attestation) => BigInt((image.statements[attestation] ?? []).length));
  cel.registerFunction('extractPayload(dyn, dyn): dyn', (_, attestation) => image.statements[attestation][0]);
  const context = {
    images: { containers: ['the image'], initContainers: [], ephemeralContainers: [] },
    attestors: Object.fromEntries(policy.spec.attestors.map(attestor => [attestor.name, attestor.name])),
    attestations: Object.fromEntries((policy.spec.attestations ?? []).map(attestation => [attestation.name, attestation.intoto.type])),
  };
  const refusals = [];
  for (const { expression, message } of policy.spec.validations) if (await cel.evaluate(expression, context) !== true) refusals.push(message);
  return refusals;
}

// The case: { pod: the Pod }.
async function validatingAdmission(policy, { pod }) {
  const cel = await environment();
  const variables = {};
  for (const { name, expression } of policy.spec.variables) variables[name] = await cel.evaluate(expression, { object: pod });
  const refusals = [];
  for (const { expression, message } of policy.spec.validations) if (await cel.evaluate(expression, { object: pod, variables }) !== true) refusals.push(message);
  return refusals;
}

async function decide(file, image) {
  const deciders = { ClusterPolicy: verifyImages, ImageValidatingPolicy: imageValidating, ValidatingAdmissionPolicy: validatingAdmission };
  const refusals = [];
  for (const item of documents(file)) if (deciders[item.kind]) refusals.push(...await deciders[item.kind](item, image));
  for (const refusal of refusals) console.log(refusal);
  return refusals.length > 0 ? 3 : 0;
}

const [command, ...rest] = process.argv.slice(2);
try {
  if (command === 'read') console.log(JSON.stringify(documents(rest[0])));
  else if (command === 'check') process.exitCode = check(rest[0], rest.slice(1));
  else if (command === 'decide') process.exitCode = await decide(rest[0], JSON.parse(readFileSync(0, 'utf8')));
  else throw new Error('usage: policies.mjs read FILE | check FOLDER FILE… | decide FILE < CASE');
} catch (error) {
  console.error(error.stack);
  process.exitCode = 2;
}
