import { satisfies } from 'semver'
import { type ByteString, toUtf8 } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { EmbeddedHost } from '../host/embedded/host.js'
import { compileCommand, compileContainer } from '../module/compile.js'
import * as host from '../module/index.js'
import { type AnyModule, commandsOf, type ModuleCommand, parseModuleOptions } from '../module/module.js'
import { checkCommands, checkModule, DefinitionError } from '../module/validate.js'
import { bundledModules } from '../registry/bundled.js'
import { placedError } from '../registry/definition-place.js'
import {
  createSource,
  type LoadedVersion,
  ModuleLoadError,
  resolveModule,
  SourceMaps,
} from '../registry/loader/index.js'
import { describeFailure } from '../testing/example-failure.js'
import { exampleCommands, failuresOf } from '../testing/examples.js'
import { openTest, type TestDb } from '../testing/open.js'
import type { Finding } from './check.js'

/** The file that `path` means, or why there is none. */
export function locate(path: string, cwd = process.cwd()): { entry: string } | { problem: string } {
  try {
    return { entry: resolveModule(path, { cwd, bundled: bundledModules }).entry }
  } catch (error) {
    if (error instanceof ModuleLoadError) return { problem: error.message }
    throw error
  }
}

/** A module that has been loaded, and whose definition is right. */
export interface CheckedModule {
  readonly definition: AnyModule
  /** `HMSETNX key field value [field value ...]`, for each command. */
  readonly syntax: readonly string[]
  /** The lines of the examples, by command. */
  readonly examples: readonly (readonly string[])[]
  checkExamples(): Promise<Finding>
  close(): Promise<void>
}

/** Loads a module as a server would, its `load` and `cleanup` included; `problem` says why that was not possible. */
export async function loadModule(
  path: string,
  words: readonly ByteString[],
  cwd: string,
): Promise<CheckedModule | { problem: string }> {
  const maps = new SourceMaps()
  let running: EmbeddedHost | undefined
  const source = createSource(path, {
    cwd,
    host: { 'krmt/module': host },
    bundled: bundledModules,
    current: () => running?.current(),
    maps,
    debug: false,
  })
  /** What the server's log said of errors in commands. */
  const trouble: string[] = []

  async function openFor(definition: AnyModule): Promise<TestDb> {
    const log = {
      debug() {},
      verbose() {},
      notice() {},
      warning: (text: string) => void trouble.push(inModule(maps.mapStack(text))),
    }
    const db = await openTest({ log })
    try {
      await db.engine.modules.add(definition, words)
    } catch (error) {
      await db.close()
      throw error
    }
    running = db.engine.host
    return db
  }

  async function examplesOf(definition: AnyModule, commands: readonly ModuleCommand[]): Promise<Finding> {
    const withExamples = exampleCommands(commands)
    const count = withExamples.reduce((sum, command) => sum + command.definition.examples.length, 0)
    if (count === 0) return { ok: undefined, says: 'none: no command has any, so nothing was run' }
    const texts: string[] = []
    for (const command of withExamples) {
      trouble.length = 0
      for (const failure of await failuresOf(() => openFor(definition), command)) {
        texts.push([describeFailure(failure), ...trouble].join('\n'))
      }
    }
    const those = `${plural(count, 'example')} of ${plural(withExamples.length, 'command')}`
    if (texts.length === 0) return { ok: true, says: those }
    return {
      ok: false,
      says: `${plural(texts.length, 'command')} did not do what its examples say`,
      details: texts.join('\n'),
    }
  }

  async function checked(version: LoadedVersion): Promise<CheckedModule> {
    const { definition } = version
    checkModule(definition)
    const commands = commandsOf(definition, parseModuleOptions(definition, words))
    checkCommands(commands)
    if (!satisfies(host.interfaceVersion, definition.requires)) {
      const message = `it is for version ${definition.requires} of krmt/module, and this is ${host.interfaceVersion}`
      throw new DefinitionError([{ path: 'requires', message }])
    }
    // A server loads it once more for each command's examples; here it shows whether `load` and `cleanup` work.
    await (await openFor(definition)).close()
    return {
      definition,
      syntax: commands.flatMap(syntaxOf),
      examples: exampleCommands(commands).map(({ definition: { examples } }) => examples.map(([line]) => line)),
      checkExamples: () => examplesOf(definition, commands),
      async close() {
        version.dispose()
        await source.close()
      },
    }
  }

  let version: LoadedVersion | undefined
  try {
    version = await source.read()
    return await checked(version)
  } catch (error) {
    const problem = explain(error, version)
    version?.dispose()
    await source.close()
    return { problem }
  }
}

function explain(error: unknown, version: LoadedVersion | undefined): string {
  if (error instanceof ModuleLoadError) return error.message
  if (error instanceof DefinitionError && version !== undefined) {
    return placedError(version, error, 'check', version.definition).message
  }
  // What `load` threw is the cause of the reply that MODULE LOAD would give.
  const { cause } = error as Error
  if (error instanceof ReplyError && (cause === undefined || cause instanceof ReplyError)) {
    return toUtf8((cause ?? error).message).replace(/^ERR /, '')
  }
  return version === undefined
    ? String(error)
    : placedError(version, cause ?? error, 'load', version.definition).message
}

function syntaxOf(command: ModuleCommand): string[] {
  if (command.kind === 'command') return [compileCommand(command).syntax]
  return [...compileContainer(command).subcommands.values()].map(({ syntax }) => syntax)
}

/** A stack without the lines of our own code, which tell an author nothing. */
function inModule(stack: string): string {
  const own = new URL('..', import.meta.url).href
  return stack
    .split('\n')
    .filter(line => !/^\s+at /.test(line) || !(line.includes(own) || line.includes('node:internal')))
    .join('\n')
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
