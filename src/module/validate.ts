/** Host side: is what a file exports a module? Modules may be written in JavaScript, so nothing is taken for granted. */
import semver from 'semver'
import { membersOf, type Shape } from './argument.js'
import { describe } from './bytes.js'
import { commandFlags } from './command.js'
import { exampleArgv } from './examples.js'
import { grammarProblems, type Problem, replyTextProblem } from './grammar-problems.js'
import type { AnyModule } from './module.js'
import { originOf } from './origin.js'

export type { Problem }

/** A definition that cannot be used; the message is one line a problem: `commands[2].args.entries: must be …`. */
export class DefinitionError extends Error {
  override name = 'DefinitionError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n'))
    this.problems = problems
  }
}

/** Throws a DefinitionError with all that is wrong with a module; see `moduleProblems`. */
export function checkModule(value: unknown): asserts value is AnyModule {
  const problems = moduleProblems(value)
  if (problems.length > 0) throw new DefinitionError(placed(problems, isRecord(value) ? value.commands : undefined))
}

/** Throws a DefinitionError with all that is wrong with the commands that `commandsOf` has given; see `commandsProblems`. */
export function checkCommands(commands: unknown): void {
  const problems = commandsProblems(commands)
  if (problems.length > 0) throw new DefinitionError(placed(problems, commands))
}

/** The problems of commands with the places where these were defined. */
function placed(problems: readonly Problem[], commands: unknown): Problem[] {
  return problems.map(problem => {
    const [, index, subindex] = /^commands\[(\d+)\](?:\.subcommands\[(\d+)\])?/.exec(problem.path) ?? []
    if (index === undefined || !Array.isArray(commands)) return problem
    const command: unknown = commands[Number(index)]
    const subcommands = isRecord(command) && Array.isArray(command.subcommands) ? command.subcommands : []
    const origin = originOf(subcommands[Number(subindex)]) ?? originOf(command)
    return origin === undefined ? problem : { ...problem, origin }
  })
}

/**
 * All that is wrong with a module, in plain words. Commands that are a function of the options are not looked at: call
 * it (`commandsOf`), and look at what it returns with `commandsProblems`.
 */
export function moduleProblems(value: unknown): Problem[] {
  if (!isRecord(value) || value.kind !== 'module') {
    return [{ path: '', message: `the default export must be what defineModule(…) returns, not ${describe(value)}` }]
  }
  const problems: Problem[] = []
  const problem = (path: string, message: string): void => {
    problems.push({ path, message })
  }
  checkModuleName(value.name, problem)
  const { version, requires } = value
  if (typeof version !== 'string' || semver.valid(version) === null) {
    problem('version', `must be a version such as 1.0.0, not ${describe(version)}`)
  }
  if (typeof requires !== 'string' || requires.trim() === '' || semver.validRange(requires) === null) {
    problem('requires', `must be a range of versions such as ^1, not ${describe(requires)}`)
  }
  checkOptions(value.options, problems)
  for (const hook of ['load', 'cleanup']) {
    if (value[hook] !== undefined) checkFunction(value[hook], hook, problem)
  }
  if (typeof value.commands === 'function') checkFunction(value.commands, 'commands', problem)
  else problems.push(...commandsProblems(value.commands))
  return problems
}

/** All that is wrong with the commands of one module. */
export function commandsProblems(commands: unknown): Problem[] {
  if (!Array.isArray(commands)) {
    return [{ path: 'commands', message: `must be an array of commands, not ${describe(commands)}` }]
  }
  if (commands.length === 0) return [{ path: 'commands', message: 'must not be empty' }]
  const problems: Problem[] = []
  commands.forEach((command, index) => {
    checkCommandOrContainer(command, `commands[${index}]`, problems)
  })
  checkDuplicates(commands, 'commands', problems)
  return problems
}

type Report = (path: string, message: string) => void

/** INFO modules prints the name, and the fields there are separated by `,` and `=`. */
function checkModuleName(name: unknown, problem: Report): void {
  if (typeof name !== 'string') {
    problem('name', `must be text, not ${describe(name)}`)
    return
  }
  if (name === '') {
    problem('name', 'must not be empty')
    return
  }
  if (name.startsWith('<')) problem('name', "must not begin with '<', which is for the modules of the server")
  if (!/^[\x21-\x7e]+$/.test(name) || /[,=]/.test(name))
    problem('name', "must be printable ASCII without spaces, ',' and '='")
}

function checkOptions(options: unknown, problems: Problem[]): void {
  const wrong = grammarProblems(options, 'options', 0)
  problems.push(...wrong.filter(({ message }) => !message.startsWith('is optional, but')))
  if (wrong.length > 0) return
  for (const [name, node] of membersOf(options as Shape)) {
    const inner = node.kind === 'optional' ? node.content : node
    if (!['key', 'text', 'bytes', 'integer', 'bigint', 'number', 'oneOf'].includes(inner.kind)) {
      problems.push({ path: `options.${name}`, message: 'must be a single argument, as it is one word at load' })
    }
  }
}

function checkCommandOrContainer(command: unknown, path: string, problems: Problem[]): void {
  if (!isRecord(command) || (command.kind !== 'command' && command.kind !== 'container')) {
    problems.push({ path, message: `must be what command(…) or container(…) returns, not ${describe(command)}` })
    return
  }
  if (command.kind === 'command') {
    checkCommand(command, path, 1, problems)
    return
  }
  checkHead(command, path, problems)
  const { subcommands, unknown } = command
  if (unknown !== undefined) {
    const wrong = replyTextProblem(unknown)
    if (wrong !== undefined) problems.push({ path: `${path}.unknown`, message: wrong })
  }
  if (!Array.isArray(subcommands) || subcommands.length === 0) {
    problems.push({ path: `${path}.subcommands`, message: 'must be an array of commands, and not empty' })
    return
  }
  subcommands.forEach((subcommand: unknown, index) => {
    const at = `${path}.subcommands[${index}]`
    if (!isRecord(subcommand) || subcommand.kind !== 'command') {
      problems.push({ path: at, message: `must be what command(…) returns, not ${describe(subcommand)}` })
    } else checkCommand(subcommand, at, 2, problems)
  })
  checkDuplicates(subcommands, `${path}.subcommands`, problems)
}

function checkCommand(command: Unchecked, path: string, start: number, problems: Problem[]): void {
  const problem: Report = (part, message) => {
    problems.push({ path: `${path}.${part}`, message })
  }
  checkHead(command, path, problems)
  checkFlags(command.flags, problem)
  problems.push(...grammarProblems(command.args, `${path}.args`, start))
  if (command.ifMissing !== undefined && !beginsWithKey(command.args)) {
    problem('ifMissing', 'is for commands whose first argument is a key')
  }
  checkFunction(command.run, 'run', problem)
  const { examples } = command
  if (!Array.isArray(examples)) {
    problem('examples', `must be an array of [line, reply], not ${describe(examples)}`)
    return
  }
  examples.forEach((example: unknown, index) => {
    const at = `examples[${index}]`
    if (!Array.isArray(example) || example.length !== 2 || typeof example[0] !== 'string') {
      problem(at, "must be a line and its reply: ['POONG', 'PONG']")
    } else if (exampleArgv(example[0]) === undefined)
      problem(at, 'is no command line: it is empty, or a quote is not closed')
  })
}

function beginsWithKey(args: unknown): boolean {
  const first: unknown = isRecord(args) ? Object.values(args)[0] : undefined
  return isRecord(first) && first.kind === 'key'
}

function checkHead(command: Unchecked, path: string, problems: Problem[]): void {
  const { name } = command
  if (typeof name !== 'string' || !/^[\x21-\x7e]+$/.test(name) || /[|"']/.test(name)) {
    problems.push({
      path: `${path}.name`,
      message: `must be printable ASCII without spaces, quotes and '|', not ${describe(name)}`,
    })
  }
  for (const part of ['summary', 'since', 'complexity', 'group']) {
    const text = command[part]
    if (typeof text === 'string' || (text === undefined && part !== 'summary')) continue
    problems.push({ path: `${path}.${part}`, message: `must be text, not ${describe(text)}` })
  }
}

function checkFlags(flags: unknown, problem: Report): void {
  if (!Array.isArray(flags)) {
    problem('flags', `must be an array, not ${describe(flags)}`)
    return
  }
  const known: readonly string[] = commandFlags
  for (const flag of flags) {
    if (!known.includes(flag)) problem('flags', `has ${describe(flag)}; the flags are ${known.join(', ')}`)
  }
  if (flags.includes('write') && flags.includes('readonly')) problem('flags', 'has both write and readonly')
}

function checkFunction(value: unknown, path: string, problem: Report): void {
  if (typeof value !== 'function') {
    problem(path, `must be a function, not ${describe(value)}`)
    return
  }
  const kind = Object.prototype.toString.call(value)
  if (kind !== '[object Function]') {
    problem(
      path,
      `must be a plain function; it is ${kind.includes('Async') ? 'async' : 'a generator'}, and all that it needs is there at once`,
    )
  }
}

/** Names differ in more than their case. */
function checkDuplicates(commands: readonly unknown[], path: string, problems: Problem[]): void {
  const first = new Map<string, number>()
  commands.forEach((command, index) => {
    if (!isRecord(command) || typeof command.name !== 'string') return
    const name = command.name.toLowerCase()
    const other = first.get(name)
    if (other === undefined) first.set(name, index)
    else
      problems.push({
        path: `${path}[${index}].name`,
        message: `'${name}' is the name of ${path}[${other}] too; rename one of them`,
      })
  })
}

/** Any object, of which nothing is known yet. */
interface Unchecked {
  readonly [part: string]: unknown
  readonly kind?: unknown
  readonly name?: unknown
  readonly version?: unknown
  readonly requires?: unknown
  readonly options?: unknown
  readonly commands?: unknown
  readonly subcommands?: unknown
  readonly unknown?: unknown
  readonly flags?: unknown
  readonly args?: unknown
  readonly ifMissing?: unknown
  readonly examples?: unknown
  readonly run?: unknown
}

function isRecord(value: unknown): value is Unchecked {
  return typeof value === 'object' && value !== null
}
