// The process that `krmt check --leaks` reloads a module in: takes a LeaksTask from standard input, answers a LeaksResult.
import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { fromUtf8 } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { type Embedded, open } from '../host/embedded/open.js'
import { bytesOf } from '../module/bytes.js'
import { exampleArgv } from '../module/examples.js'
import type { CommandWord } from '../module/reply.js'
import { type LeaksResult, type LeaksTask, RELOADS } from './check-leaks.js'

/** Reloads before the first look: what is compiled and cached once is no leak. */
const WARM_UP = 100

async function main(): Promise<LeaksResult> {
  const { path, words, examples }: LeaksTask = JSON.parse(readFileSync(0, 'utf8'))
  const lines = examples.map(command => command.map(line => (exampleArgv(line) ?? []).map(word => bytesOf(word))))
  const db = await open()
  const load = () => db.engine.modules.load(fromUtf8(path), words.map(fromUtf8))
  const reload = async (): Promise<void> => {
    await load()
    for (const command of lines) {
      await db.call('FLUSHALL')
      for (const argv of command) await answered(db, argv)
    }
  }
  try {
    for (let i = 0; i < WARM_UP; i++) await reload()
    const before = await memory()
    for (let i = 0; i < RELOADS; i++) await reload()
    return { kept: (await memory()) - before }
  } catch (error) {
    return { kept: 0, error: error instanceof Error ? error.message : String(error) }
  }
}

/** Runs an example; whether it answers the right thing has been checked before. */
async function answered(db: Embedded, argv: readonly CommandWord[]): Promise<void> {
  try {
    await db.call(...argv)
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error
  }
}

/** Bytes in use once the garbage is gone. Finalizers need a turn of the event loop, and free more. */
async function memory(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.()
    await turn()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

main().then(result => {
  process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0))
})
