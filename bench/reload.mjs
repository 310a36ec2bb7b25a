// `npm run bench:reload`: what a reload costs. Time from saving a module's file to the new version answering; replies under
// load while the file is saved again and again; heap after a thousand reloads.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'krmt'
import { createClient } from 'redis'

const folder = mkdtempSync(join(tmpdir(), 'krmt-reload-'))
const file = join(folder, 'version.ts')
// A module of about a hundred lines, as they are written: comments, helpers, a few commands.
const filler = Array.from(
  { length: 80 },
  (_, i) => `/** Adds ${i}. */ export const add${i} = (n: number): number => n + ${i}`,
)

function save(version) {
  const lines = [
    "import { command, defineModule } from 'krmt/module'",
    ...filler,
    `const version = command({ name: 'version', summary: 'Its version.', flags: ['fast'], run: () => ${version} })`,
    "export default defineModule({ name: 'bench.version', version: '1.0.0', requires: '^1', commands: [version] })",
  ]
  // As editors save: a new file takes the old one's place.
  writeFileSync(`${file}.new`, lines.join('\n'))
  renameSync(`${file}.new`, file)
}

save(0)
const db = await open({ modules: [file], config: { 'module-watch': 'yes' } })
const { port } = await db.listen()
const client = await createClient({ socket: { port } }).connect()

async function answers(version) {
  while ((await client.sendCommand(['VERSION'])) !== version) {
    // Ask again: over the network, as a client would.
  }
}

const times = []
for (let version = 1; version <= 50; version++) {
  const saved = performance.now()
  save(version)
  await answers(version)
  times.push(performance.now() - saved)
}
times.sort((a, b) => a - b)
console.log(
  `Save to new version answering: median ${times[25].toFixed(1)} ms, slowest of 50 ${times[49].toFixed(1)} ms`,
)

let running = true
let [replies, errors, latest] = [0, 0, 50]
const load = Promise.all(
  Array.from({ length: 8 }, async () => {
    const loader = await createClient({ socket: { port } }).connect()
    while (running) {
      const answered = await Promise.allSettled(Array.from({ length: 32 }, () => loader.sendCommand(['VERSION'])))
      replies += answered.length
      errors += answered.filter(({ status, value }) => status === 'rejected' || value > latest).length
    }
    loader.destroy()
  }),
)
for (latest = 51; latest <= 100; latest++) {
  save(latest)
  await answers(latest)
}
running = false
await load
console.log(`Under load: ${replies.toLocaleString('en')} replies during 50 reloads, ${errors} of them errors`)

if (globalThis.gc === undefined) throw new Error('run with --expose-gc, as npm run bench:reload does')
const heap = () => {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
const before = heap()
for (let version = 101; version <= 1100; version++) {
  save(version)
  await answers(version)
}
console.log(
  `Heap after 1,000 more reloads: ${((heap() - before) / 2 ** 20).toFixed(1)} MB (negative: less than before)`,
)

client.destroy()
await db.close()
rmSync(folder, { recursive: true })
