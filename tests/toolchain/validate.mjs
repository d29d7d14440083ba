// Validates JSON documents against a JSON schema (draft 4, 6 or 7) with ajv, which install.sh puts into artifacts/toolchain/ajv.
//
//   node tests/toolchain/validate.mjs [--skip-missing] SCHEMA DOCUMENT…
//
// A $ref to another file is looked up among the *.json files beside the schema, by their ids or names; nothing is downloaded.
// --skip-missing   a $ref to a file that is not there allows anything, with a note; without it that is an error
//
// Ends with 0 when all documents are valid, 1 when one is not, 2 when it could not check. One line an error: file, JSON pointer, what is wrong.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const maximumErrors = 30;

class CannotCheck extends Error {}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new CannotCheck(`${file}: ${error.message}`);
  }
}

function newValidator(schema) {
  const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../../artifacts/toolchain/ajv');
  if (!existsSync(join(folder, 'node_modules/ajv')))
    throw new CannotCheck(`ajv is not in ${folder}. Run tests/toolchain/install.sh (it needs node and npm).`);
  const require = createRequire(join(folder, 'package.json'));
  const Ajv = /draft-04/.test(schema.$schema ?? '') ? require('ajv-draft-04') : require('ajv');
  const ajv = new Ajv({ strict: false, allErrors: true });
  require('ajv-formats')(ajv);
  // Formats of the CycloneDX schema that ajv-formats does not know; these rule out what can be neither.
  ajv.addFormat('iri-reference', /^[^\s<>"{}|\\^`]*$/u);
  ajv.addFormat('idn-email', /^[^\s@]+@[^\s@]+$/u);
  return ajv;
}

// Every schema gets an absolute id, so that relative references between the files meet.
function identify(schema, file) {
  const id = schema.$id ?? schema.id;
  return { ...schema, [schema.id ? 'id' : '$id']: undefined, address: id && /^[a-z]+:/.test(id) ? id.replace(/#$/, '') : pathToFileURL(resolve(file)).href };
}

function* references(node) {
  if (node === null || typeof node !== 'object') return;
  if (typeof node.$ref === 'string' && !node.$ref.startsWith('#')) yield node;
  for (const child of Object.values(node)) yield* references(child);
}

function load(schemaFile, skipMissing) {
  const schema = readJson(schemaFile);
  const folder = dirname(resolve(schemaFile));
  const loaded = new Map();
  const waiting = [resolve(schemaFile)];
  const others = () => readdirSync(folder).filter(name => name.endsWith('.json')).map(name => join(folder, name));
  while (waiting.length > 0) {
    const file = waiting.pop();
    if (loaded.has(file)) continue;
    const { address, ...content } = identify(file === resolve(schemaFile) ? schema : readJson(file), file);
    loaded.set(file, { address, content });
    for (const node of references(content)) {
      const [target, fragment = ''] = new URL(node.$ref, address).href.split('#');
      if (target === address) continue;
      const byName = join(folder, basename(target));
      const found = existsSync(byName) ? byName : others().find(other => identify(readJson(other), other).address === target);
      if (found) {
        waiting.push(found);
        node.$ref = `${identify(readJson(found), found).address}${fragment ? `#${fragment}` : ''}`;
      } else if (skipMissing) {
        console.error(`note: ${basename(file)} refers to ${node.$ref}, which is not in ${folder}: not checked`);
        delete node.$ref;
      } else {
        throw new CannotCheck(`${file} refers to ${node.$ref}, which is not in ${folder}. Put the file there, or pass --skip-missing.`);
      }
    }
  }
  const ajv = newValidator(schema);
  const { address, content } = loaded.get(resolve(schemaFile));
  loaded.delete(resolve(schemaFile));
  for (const other of loaded.values()) ajv.addSchema(withoutIds(other.content), other.address);
  ajv.addSchema(withoutIds(content), address);
  return ajv.getSchema(address);
}

function withoutIds({ $id, id, $schema, ...rest }) {
  return rest;
}

function describe(error) {
  const detail = error.keyword === 'additionalProperties' ? `: ${error.params.additionalProperty}`
    : error.keyword === 'enum' ? `: ${error.params.allowedValues.slice(0, 12).join(', ')}`
    : '';
  return `${error.instancePath || '/'} ${error.message}${detail}`;
}

function main(args) {
  const skipMissing = args[0] === '--skip-missing';
  const [schemaFile, ...documents] = skipMissing ? args.slice(1) : args;
  if (!schemaFile || documents.length === 0 || schemaFile.startsWith('-')) {
    console.error('usage: node tests/toolchain/validate.mjs [--skip-missing] SCHEMA DOCUMENT...');
    return 2;
  }
  const validate = load(schemaFile, skipMissing);
  let valid = true;
  for (const document of documents) {
    if (validate(readJson(document))) continue;
    valid = false;
    const lines = [...new Set(validate.errors.map(describe))];
    for (const line of lines.slice(0, maximumErrors)) console.error(`${document}: ${line}`);
    if (lines.length > maximumErrors) console.error(`${document}: and ${lines.length - maximumErrors} more errors`);
  }
  return valid ? 0 : 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof CannotCheck ? error.message : error.stack);
  process.exitCode = 2;
}
