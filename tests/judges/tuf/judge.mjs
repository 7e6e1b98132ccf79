// tuf-js as an independent client of the repositories that the test TufRepository wrote.
// Usage: node judge.mjs FOLDER
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { Updater } from 'tuf-js';

const repositories = process.argv[2];
const scratch = mkdtempSync(join(tmpdir(), 'muster-tuf-'));
const target = 'packages/editor/manifest.json';

// Serves whichever repository is current, on loopback and a port of the system's choice.
let served = '';
const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent(request.url)).replace(/^(\.\.[/\\])+/, '');
  const file = join(served, path);
  if (!existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200).end(readFileSync(file));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${server.address().port}`;

let clients = 0;
// A client that trusts 1.root.json and keeps what it has seen in its own folder.
function newClient() {
  const folder = join(scratch, `client-${++clients}`);
  mkdirSync(join(folder, 'targets'), { recursive: true });
  cpSync(join(repositories, 'good/metadata/1.root.json'), join(folder, 'root.json'));
  return folder;
}

// A refresh and a download by this client; the text of the target.
async function fetchTarget(client, repository) {
  served = repository;
  const updater = new Updater({
    metadataDir: client,
    metadataBaseUrl: `${base}/metadata`,
    targetDir: join(client, 'targets'),
    targetBaseUrl: `${base}/targets`,
    config: { fetchRetries: 0 },
  });
  await updater.refresh();
  const info = await updater.getTargetInfo(target);
  assert.ok(info, 'the target is not found');
  return { info, text: readFileSync(await updater.downloadTarget(info), 'utf8') };
}

const repository = (name) => join(repositories, name);

// A copy of the good repository with one file changed.
function altered(name, change) {
  const copy = join(scratch, `altered-${name}`);
  cpSync(repository('good'), copy, { recursive: true });
  change(copy);
  return copy;
}
function edit(folder, path, from, to) {
  const file = join(folder, path);
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(from), `${path} holds ${from}`);
  writeFileSync(file, text.replace(from, to));
}

let passed = 0;
async function check(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    console.log(`FAIL ${name}: ${error.stack}`);
    process.exitCode = 1;
  }
}
async function refuses(what, client, folder, reason) {
  await check(`refuses ${what}`, () => assert.rejects(fetchTarget(client, folder), (error) => {
    assert.match(`${error.name} ${error.message}`, reason);
    return true;
  }));
}
async function afterGood() {
  const client = newClient();
  await fetchTarget(client, repository('good'));
  return client;
}

await check('accepts the repository and downloads the manifest', async () => {
  const { info, text } = await fetchTarget(newClient(), repository('good'));
  assert.equal(JSON.parse(text).package, 'editor');
  const { muster } = info.custom;
  assert.equal(muster.package, 'editor');
  assert.deepEqual(muster.programs[0].argv.at(-1), 'a "b" \\ \n\t ü €');
});
await check('follows to the next versions', async () => {
  const client = await afterGood();
  await fetchTarget(client, repository('next'));
});
await check('accepts a second operator whom the next root adds', async () => {
  await fetchTarget(newClient(), repository('second-operator'));
});
await check('accepts what the present operator signed again', async () => {
  await fetchTarget(newClient(), repository('removed-and-resigned'));
});

const unsigned = /was signed by 0\/1 keys|UnsignedMetadataError/;
const expired = /is expired/;
const older = /version .*(lower|less)|rollback|Rollback|BadVersion/i;
const damaged = /Length|hash/i;

await refuses('documents of an operator whom the root removed', newClient(), repository('removed-operator'), unsigned);
await refuses('documents of a stranger', newClient(), repository('stranger'), unsigned);
await refuses('freshness signed by an operator', newClient(), repository('freshness-by-operator'), unsigned);

await refuses('an older timestamp', await afterGood(), repository('old-timestamp'), older);
await refuses('an older snapshot', await afterGood(), repository('old-snapshot'), older);
await refuses('older targets', await afterGood(), repository('old-targets'), older);
await refuses('an older package document', await afterGood(), repository('old-package'), older);

for (const role of ['timestamp', 'snapshot', 'targets', 'package'])
  await refuses(`an expired ${role}`, newClient(), repository(`expired-${role}`), expired);
await check('refuses an expired root', async () => {
  const client = newClient();
  cpSync(join(repository('expired-root'), 'metadata/1.root.json'), join(client, 'root.json'));
  await assert.rejects(fetchTarget(client, repository('expired-root')), expired);
});

await refuses('an altered timestamp', newClient(),
  altered('timestamp', (copy) => edit(copy, 'metadata/timestamp.json', '"version":2,', '"version":9,')), unsigned);
await refuses('an altered snapshot', newClient(),
  altered('snapshot', (copy) => edit(copy, 'metadata/2.snapshot.json', '"version":2,', '"version":9,')), damaged);
await refuses('an altered package document', newClient(),
  altered('package', (copy) => edit(copy, 'metadata/2.package-editor.json', '--quiet', '--evil!')), damaged);
await refuses('an altered manifest', newClient(), altered('manifest', (copy) => {
  const folder = join(copy, 'targets/packages/editor');
  edit(copy, join('targets/packages/editor', readdirSync(folder)[0]), 'bin/setup', 'bin/netcat');
}), damaged);

server.close();
console.log(`${passed} checks passed`);
