import { afterEach, describe, expect, test } from 'vitest'
import { encode, type Reply, type RespClient } from '../support/resp-client.js'
import { type KrmtProcess, type StartOptions, startKrmt, text } from './support/krmt.js'
import { answering } from './support/workspace.js'

let krmt: KrmtProcess | undefined

async function start(options: StartOptions): Promise<KrmtProcess> {
  krmt = await startKrmt(options)
  return krmt
}

afterEach(async () => {
  await krmt?.stop()
  krmt = undefined
})

const SAVES = 50
const CONNECTIONS = 8
const PIPELINE = 32

/** Calls GREET all along, and gives what came, without repetitions, until it is told to stop. */
function traffic(client: RespClient): { stop(): Promise<{ answers: string[]; calls: number }> } {
  const answers: string[] = []
  let calls = 0
  let going = true
  const batch = encode(['GREET']).repeat(PIPELINE)
  const run = async (): Promise<void> => {
    while (going) {
      const replies: Reply[] = await client.raw(batch, PIPELINE)
      for (const reply of replies) {
        const answer = text(reply)
        if (answers.at(-1) !== answer) answers.push(answer)
        calls++
      }
    }
  }
  const running = run()
  return {
    async stop() {
      going = false
      await running
      // What was under way may have been answered before the last save.
      answers.push(...[text(await client.send('GREET'))].filter(answer => answer !== answers.at(-1)))
      return { answers, calls }
    },
  }
}

describe('reloading under load', () => {
  test(`${SAVES} saves, among them mistakes: every call is answered by the old version or the new one`, async () => {
    const server = await start({ args: ['dev', './greeter.ts'], files: { 'greeter.ts': answering('v0') } })
    const flows = []
    for (let i = 0; i < CONNECTIONS; i++) flows.push(traffic(await server.connect()))
    for (let save = 1; save <= SAVES; save++) {
      const isMistake = save % 5 === 0
      server.workspace.write('greeter.ts', isMistake ? `const v${save} =` : answering(`v${save}`))
      await server.logged(isMistake ? 'goes on serving its previous version' : 'Closed previous')
    }
    const outcomes = await Promise.all(flows.map(flow => flow.stop()))
    const versions = Array.from({ length: SAVES }, (_, save) => `v${save}`).filter(
      (_, save) => save === 0 || save % 5 !== 0,
    )
    for (const { answers } of outcomes) {
      // Each version once, in order: no error, and nobody goes back to a version that has been replaced.
      expect(answers).toEqual(versions.filter(version => answers.includes(version)))
      expect(answers.at(-1)).toBe(versions.at(-1))
    }
    expect(new Set(outcomes.flatMap(({ answers }) => answers)).size).toBe(versions.length)
    // The load was one: a call at least for every hundredth of what a server does in that time.
    expect(outcomes.reduce((sum, { calls }) => sum + calls, 0)).toBeGreaterThan(SAVES * CONNECTIONS * PIPELINE)
  })

  test('a command that waits for EXEC is answered by the version of that time', async () => {
    const server = await start({ args: ['dev', './greeter.ts'], files: { 'greeter.ts': answering('old') } })
    expect(await server.send('MULTI')).toBe('OK')
    expect(await server.send('GREET')).toBe('QUEUED')
    server.workspace.write('greeter.ts', answering('new'))
    await server.logged('Closed previous')
    expect(await server.send('EXEC')).toBe('[new]')
  })

  test('a version that is loaded while another load goes on waits for its turn', async () => {
    const server = await start({
      files: { 'greeter.ts': answering('hello'), 'other.ts': answering('x', { name: 'other', command: 'other' }) },
    })
    const clients = await Promise.all(Array.from({ length: 6 }, () => server.connect()))
    const replies = await Promise.all(
      clients.map((client, i) => client.send('MODULE', 'LOAD', i % 2 === 0 ? './greeter.ts' : './other.ts')),
    )
    expect(replies.map(text)).toEqual(['OK', 'OK', 'OK', 'OK', 'OK', 'OK'])
    const names = (await server.send('MODULE LIST')).match(/name \w+/g)
    expect(names?.sort()).toEqual(['name greeter', 'name other'])
  })
})

/** METER answers the bytes in use after collecting garbage, and what keeps the process busy: watchers, timers, sockets. */
const meter = `import { command, defineModule } from 'krmt/module'

const meter = command({
  name: 'meter',
  summary: 'Measures.',
  flags: ['fast'],
  run() {
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    return [heapUsed + external, process.getActiveResourcesInfo().sort().join(' ')]
  },
})

export default defineModule({ name: 'meter', version: '1.0.0', requires: '^1', commands: [meter] })
`

/** As much as a module may leave lying about when it goes: timers, a large table, state handed on. */
const untidy = (version: number) => `import { command, defineModule, reply } from 'krmt/module'
import { words } from './words.js'

const table = Array.from({ length: 5000 }, (_, index) => ({ index, text: \`\${index} of ${version}\` }))
setInterval(() => table.length, 60_000)
setTimeout(() => table.length, 3_600_000)

const greet = command({ name: 'greet', summary: 'Answers.', flags: ['fast'], run: () => reply.status(\`${version} \${words}\`) })

export default defineModule({
  name: 'greeter',
  version: '1.0.0',
  requires: '^1',
  commands: [greet],
  load: ({ previous }) => ({ loads: (previous?.loads ?? 0) + 1 }),
})
`

describe('a thousand reloads', () => {
  test('leave the heap within 20 MB of where it was, and no watcher or timer', async () => {
    const server = await start({
      node: ['--expose-gc'],
      args: ['dev', './greeter.js', './meter.js'],
      files: { 'greeter.js': untidy(0), 'words.js': "export const words = 'times'\n", 'meter.js': meter },
    })
    const client = await server.connect()
    let version = 0
    const save = async (count: number): Promise<void> => {
      for (const end = version + count; version < end; ) {
        version++
        server.workspace.write('greeter.js', untidy(version))
        await server.logged('Closed previous')
        expect(text(await client.send('GREET'))).toBe(`${version} times`)
      }
    }
    const measure = async (): Promise<{ bytes: number; busy: string }> => {
      // What finalizers free is freed a turn of the event loop later.
      for (let turn = 0; turn < 5; turn++) await client.send('METER')
      const reply = await client.send('METER')
      if (reply.type !== 'array') throw new Error(text(reply))
      const [bytes, busy] = reply.items.map(text)
      return { bytes: Number(bytes), busy: busy ?? '' }
    }

    await save(50)
    const before = await measure()
    await save(1000)
    const after = await measure()
    expect((after.bytes - before.bytes) / 1e6).toBeLessThan(20)
    expect(after.busy).toBe(before.busy)
  }, 240_000)
})
