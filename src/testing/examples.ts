import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { bytesOf } from '../module/bytes.js'
import type { AnyCommand } from '../module/command.js'
import { wordOf } from '../module/effects.js'
import { type Example, exampleArgv } from '../module/examples.js'
import { type AnyModule, commandsOf, parseModuleOptions } from '../module/module.js'
import type { CommandWord } from '../module/reply.js'
import { checkCommands, checkModule } from '../module/validate.js'
import { type ExampleFailure, ExamplesError, mismatch, type Outcome, shown } from './example-failure.js'
import { openTest, type TestDb, type TestOptions } from './open.js'
import { type ProcessUse, watchProcess } from './process-state.js'

export interface CheckExamplesOptions extends Pick<TestOptions, 'now' | 'seed'> {
  /** The module's options, as at load: `{ order: 'longlat' }`. */
  readonly options?: Readonly<Record<string, CommandWord>>
}

/** What has been checked. */
export interface CheckedExamples {
  /** Commands that have examples. */
  readonly commands: number
  readonly examples: number
}

/**
 * Runs all examples of a module: those of each command in their order, on an empty server of the command's own. Every
 * reply must be the one that the example gives, in the types of RESP3.
 *
 * Commands must be deterministic: all of it is done twice, with the same time and the same random numbers, and replies
 * and writes must be the same. A command that asks the process for the time or for random numbers fails, even if its reply
 * does not show it: a host may run a command more than once.
 *
 * @throws ExamplesError that tells of each example that failed; DefinitionError for a module that is none; Error when
 *   there is no example at all
 */
export async function checkExamples(module: AnyModule, options: CheckExamplesOptions = {}): Promise<CheckedExamples> {
  const commands = commandsWithExamples(module, options)
  const failures: ExampleFailure[] = []
  for (const command of commands) failures.push(...(await failuresOf(() => openFor(module, options), command)))
  if (failures.length > 0) throw new ExamplesError(module.name, failures)
  return {
    commands: commands.length,
    examples: commands.reduce((sum, { definition }) => sum + definition.examples.length, 0),
  }
}

/** What registers a test: `test` of vitest, jest, node:test or bun. */
export type TestFunction = (name: string, run: () => Promise<void>) => unknown

/**
 * Registers a test for every command that has examples: `testExamples(setmax, test)`. What is checked is what
 * `checkExamples` checks.
 *
 * @throws as `checkExamples`, at once, for what is wrong with the module itself
 */
export function testExamples(module: AnyModule, test: TestFunction, options: CheckExamplesOptions = {}): void {
  for (const command of commandsWithExamples(module, options)) {
    test(`${command.title}: examples`, async () => {
      const failures = await failuresOf(() => openFor(module, options), command)
      if (failures.length > 0) throw new ExamplesError(module.name, failures)
    })
  }
}

/** A command that has examples. */
export interface ExampleCommand {
  /** As clients write it: `HMSETNX`, `SCRIPTNAME SET`. */
  readonly title: string
  readonly definition: AnyCommand
}

/** Those of a list of commands that have examples, subcommands included. */
export function exampleCommands(commands: ReturnType<typeof commandsOf>): ExampleCommand[] {
  return commands
    .flatMap(command =>
      command.kind === 'command'
        ? [{ title: command.name.toUpperCase(), definition: command }]
        : command.subcommands.map(sub => ({ title: `${command.name} ${sub.name}`.toUpperCase(), definition: sub })),
    )
    .filter(({ definition }) => definition.examples.length > 0)
}

/**
 * Runs a command's examples, twice, and tells what is wrong: at most one failure, since those after it may follow from it.
 * `open` gives a new server, with the module loaded, each time.
 */
export async function failuresOf(open: () => Promise<TestDb>, command: ExampleCommand): Promise<ExampleFailure[]> {
  const first = await play(await open(), command)
  if (first.failure !== undefined) return [first.failure]
  const second = await play(await open(), command)
  const failure = second.failure ?? difference(command, first.steps, second.steps)
  return failure === undefined ? [] : [failure]
}

function openFor(module: AnyModule, { options = {}, ...testOptions }: CheckExamplesOptions): Promise<TestDb> {
  return openTest({ modules: [{ module, options }], ...testOptions })
}

function commandsWithExamples(module: AnyModule, { options = {} }: CheckExamplesOptions): ExampleCommand[] {
  checkModule(module)
  const words = Object.entries(options).flatMap(([name, value]) => [wordOf(name), wordOf(value, `option '${name}'`)])
  const all = commandsOf(module, parseModuleOptions(module, words))
  checkCommands(all)
  const commands = exampleCommands(all)
  if (commands.length === 0) throw new Error(`no command of module ${module.name} has examples`)
  return commands
}

/** What an example did. */
interface Step {
  readonly outcome: Outcome
  /** The effects of the module's commands, each a Redis command. */
  readonly effects: readonly (readonly ByteString[])[]
}

/** Runs a command's examples in order, up to the first that goes wrong, and closes the server. */
async function play(
  db: TestDb,
  { title, definition }: ExampleCommand,
): Promise<{ steps: readonly Step[]; failure?: ExampleFailure }> {
  const { host } = db.engine
  const steps: Step[] = []
  const uses: ProcessUse[] = []
  let effects: Step['effects'] = []
  host.onEffects = recorded => {
    effects = [...effects, ...recorded]
  }
  const unwatch = watchProcess(
    () => host.current() !== undefined,
    use => uses.push(use),
  )
  try {
    for (const [index, [line, expected]] of definition.examples.entries()) {
      effects = []
      const outcome = await answered(db, line)
      const use = uses[0]
      const wrong = use === undefined ? mismatch(expected, outcome) : describeUse(use)
      if (wrong !== undefined) {
        const values = use === undefined ? { expected, actual: outcome } : {}
        return { steps, failure: { command: title, number: index + 1, line, reason: wrong, ...values } }
      }
      steps.push({ outcome, effects })
    }
    return { steps }
  } finally {
    unwatch()
    await db.close()
  }
}

async function answered(db: TestDb, line: Example[0]): Promise<Outcome> {
  // checkCommands has seen to it that every line can be split.
  const argv = exampleArgv(line) ?? []
  try {
    return await db.call(...argv.map(word => bytesOf(word)))
  } catch (error) {
    if (error instanceof ReplyError) return error
    throw error
  }
}

function describeUse({ what, instead, at }: ProcessUse): string {
  return `asked the process for ${what}: ${instead}${at === undefined ? '' : `\n${at}`}`
}

/** The first example that did not do the same twice. */
function difference(
  { title, definition }: ExampleCommand,
  first: readonly Step[],
  second: readonly Step[],
): ExampleFailure | undefined {
  for (const [index, [line]] of definition.examples.entries()) {
    const once = first[index]
    const again = second[index]
    if (once === undefined || again === undefined) break
    const [what, before, after] =
      shown(once.outcome) === shown(again.outcome)
        ? ['wrote', shown(once.effects), shown(again.effects)]
        : ['answered', shown(once.outcome), shown(again.outcome)]
    if (before === after) continue
    const reason = `did not do the same twice, with the same time and random numbers; it ${what}\nfirst     ${before}\nthen      ${after}`
    return { command: title, number: index + 1, line, reason }
  }
  return undefined
}
