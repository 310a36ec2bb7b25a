/** What is wrong with a grammar, in plain words. Types say most of it to those who write TypeScript; this, to all. */
import { isArgument, isLeaf, type LeafNode, type Members, membersOf, type Node } from './argument.js'
import { describe } from './bytes.js'
import { keyAccesses, keysOf } from './keys.js'
import { keywordsOf } from './parse.js'
import { isFixed, sizeOf } from './sizes.js'
import { WordTable } from './words.js'

export interface Problem {
  /** Where: `commands[2].args.entries`. */
  readonly path: string
  readonly message: string
  /** A stack trace that begins where the command was defined, if it is known: see origin.ts. */
  readonly origin?: string
}

/** Looks at the `args` of a command. @param start the index of the first argument: 1, or 2 in a container */
export function grammarProblems(args: unknown, path: string, start: number): Problem[] {
  const problems: Problem[] = []
  const found = checkShape(args, path, problems)
  if (found === undefined || problems.length > 0) return problems
  checkMembers(found, path, problems)
  for (const key of keysOf(found, start, 'read').unstated) {
    problems.push({ path: `${path}.${key.path}`, message: `where this key stands cannot be stated: ${key.reason}` })
  }
  return problems
}

/** Problems of an error text that an author gives as a reply. */
export function replyTextProblem(text: unknown): string | undefined {
  if (typeof text !== 'string') return `must be text, not ${describe(text)}`
  if (/[\r\n]/.test(text)) return 'must be one line'
  return /^[A-Z][A-Z0-9_]* \S/.test(text) ? undefined : "must begin with its code, as in 'ERR syntax error'"
}

/** First the objects themselves: are they arguments at all, with names that can be used? */
function checkShape(shape: unknown, path: string, problems: Problem[]): Members | undefined {
  if (typeof shape !== 'object' || shape === null || Array.isArray(shape)) {
    problems.push({ path, message: `must be an object of arguments, { key: t.key(), … }, not ${describe(shape)}` })
    return undefined
  }
  for (const [name, argument] of Object.entries(shape)) {
    const at = `${path}.${name}`
    if (!/^[a-z_$][\w$]*$/i.test(name) || name === '__proto__') {
      problems.push({ path: at, message: 'is not a name that JavaScript can destructure' })
    }
    if (!isArgument(argument))
      problems.push({ path: at, message: `must be made with t.…, and is ${describe(argument)}` })
    else checkNode(argument as unknown as Node, at, problems)
  }
  return membersOf(shape as Parameters<typeof membersOf>[0])
}

function checkNode(node: Node, path: string, problems: Problem[]): void {
  const problem = (message: string): void => {
    problems.push({ path, message })
  }
  if (isLeaf(node)) {
    checkLeaf(node, problem)
    return
  }
  switch (node.kind) {
    case 'flag':
      checkSpellings(node.spellings, problem)
      return
    case 'clause':
      checkSpellings(node.spellings, problem)
      checkContent(node.content, path, problems)
      return
    case 'optional':
      checkContent(node.content, path, problems)
      return
    case 'group':
    case 'options':
      if (!areMembers(node.members)) {
        problem('must have at least one member')
        return
      }
      checkShape(Object.fromEntries(node.members), path, problems)
      if (node.kind === 'options') checkOptions(node, problem)
      return
    case 'oneOrMore':
    case 'zeroOrMore':
      if (node.error !== undefined) checkText(node.error, 'error', problem)
      checkContent(node.content, path, problems)
      return
    case 'counted':
      if (!Number.isInteger(node.min) || node.min < 0)
        problem(`min must be an integer from 0, not ${describe(node.min)}`)
      for (const name of ['notInteger', 'tooSmall', 'tooFew'] as const) {
        if (node[name] !== undefined) checkText(node[name], name, problem)
      }
      checkContent(node.content, path, problems)
      return
    case 'alternatives':
      if (!Array.isArray(node.forms) || node.forms.length === 0) problem('needs an array of forms')
      else for (const [index, form] of node.forms.entries()) checkContent(form, `${path}[${index}]`, problems)
      if (node.error !== undefined) checkText(node.error, 'error', problem)
      return
    default:
      problem(`is of an unknown kind, '${(node as { kind: string }).kind}'`)
  }
}

function areMembers(members: unknown): members is Members {
  return Array.isArray(members) && members.length > 0 && members.every(member => Array.isArray(member))
}

/** Content is either one argument or a group; `t` made it from what the author gave, which may have been neither. */
function checkContent(content: unknown, path: string, problems: Problem[]): void {
  if (isArgument(content)) checkNode(content as unknown as Node, path, problems)
  else problems.push({ path, message: `must hold an argument or an object of arguments, not ${describe(content)}` })
}

function checkLeaf(node: LeafNode, problem: (message: string) => void): void {
  for (const name of ['error', 'missing'] as const) if (node[name] !== undefined) checkText(node[name], name, problem)
  if (node.name !== undefined && (typeof node.name !== 'string' || !/^[\w-]+$/.test(node.name))) {
    problem(`name must be a word, not ${describe(node.name)}`)
  }
  switch (node.kind) {
    case 'key':
      if (node.access !== undefined && !keyAccesses.includes(node.access)) {
        problem(`access must be one of ${keyAccesses.join(', ')}, not ${describe(node.access)}`)
      }
      return
    case 'integer':
      if (!Number.isSafeInteger(node.min) || !Number.isSafeInteger(node.max)) problem('min and max must be integers')
      else if (node.min > node.max) problem('min is greater than max')
      return
    case 'bigint':
      if (typeof node.min !== 'bigint' || typeof node.max !== 'bigint') problem('min and max must be bigints')
      else if (node.min > node.max) problem('min is greater than max')
      return
    case 'number':
      if (!(node.min <= node.max)) problem('min and max must be numbers, and min not greater than max')
      return
    case 'oneOf': {
      if (!Array.isArray(node.words) || node.words.length === 0) {
        problem('needs at least one word')
        return
      }
      const known = new WordTable<true>()
      for (const word of node.words) {
        const spellings: unknown = word?.spellings
        checkSpellings(spellings, problem)
        if (!Array.isArray(spellings)) return
        for (const spelling of spellings) {
          if (typeof spelling === 'string' && !known.add(spelling, true, node.caseSensitive))
            problem(`'${spelling}' is there twice`)
        }
      }
    }
  }
}

function checkSpellings(spellings: unknown, problem: (message: string) => void): void {
  if (!Array.isArray(spellings) || spellings.length === 0) {
    problem('needs at least one word')
    return
  }
  for (const spelling of spellings) {
    if (typeof spelling !== 'string' || !/^[\x21-\x7e]+$/.test(spelling)) {
      problem(`a word must be printable ASCII without spaces, not ${describe(spelling)}`)
    }
  }
}

function checkText(text: unknown, name: string, problem: (message: string) => void): void {
  const wrong = replyTextProblem(text)
  if (wrong !== undefined) problem(`${name} ${wrong}`)
}

function checkOptions(node: Extract<Node, { kind: 'options' }>, problem: (message: string) => void): void {
  if (node.error !== undefined) checkText(node.error, 'error', problem)
  const names = new Set(node.members.map(([name]) => name))
  for (const list of node.exclusive ?? []) {
    for (const name of list) if (!names.has(name)) problem(`exclusive has '${name}', which is none of the options`)
  }
  for (const [name, member] of node.members) {
    const inner = member?.kind === 'optional' ? member.content : member
    if (inner?.kind !== 'flag' && inner?.kind !== 'clause' && inner?.kind !== 'oneOf') {
      problem(`'${name}' must be a flag, a clause or a oneOf: other arguments cannot be told apart in any order`)
    }
  }
}

/** Then how they stand together: can every argument be told from the next? */
function checkMembers(members: Members, path: string, problems: Problem[]): void {
  const words = new WordTable<true>()
  members.forEach(([name, node], index) => {
    const at = `${path}.${name}`
    const rest = members.slice(index + 1)
    for (const { spelling, caseSensitive } of keywordsOf(node)) {
      if (!words.add(spelling, true, caseSensitive))
        problems.push({ path: at, message: `the word '${spelling}' is there twice` })
    }
    if (isOpenEnded(node)) {
      const variable = rest.find(([, other]) => !isFixed(other))
      if (variable !== undefined) {
        problems.push({
          path: at,
          message: `repeats, so only required arguments can follow it, and '${variable[0]}' is none; count it (t.counted) instead`,
        })
      }
    }
    if (isPositionalOptional(node)) {
      const required = rest.find(([, other]) => sizeOf(other).full > 0)
      if (required !== undefined) {
        problems.push({ path: at, message: `is optional, but '${required[0]}' after it is required; put it after` })
      }
    }
    checkInside(node, at, problems)
  })
}

function checkInside(node: Node, path: string, problems: Problem[]): void {
  switch (node.kind) {
    case 'group':
      checkMembers(node.members, path, problems)
      return
    case 'options':
      for (const [name, member] of node.members) {
        const inner = member.kind === 'optional' ? member.content : member
        if (inner.kind !== 'clause') continue
        if (isOpenEnded(inner.content)) {
          problems.push({
            path: `${path}.${name}`,
            message: 'repeats, and so would take the other options too; count it (t.counted) instead',
          })
        }
        checkInside(inner, `${path}.${name}`, problems)
      }
      return
    case 'clause':
      if (sizeOf(node.content).full === 0)
        problems.push({ path, message: 'nothing has to follow the word; make it a flag' })
      checkInside(node.content, path, problems)
      return
    case 'optional':
      if (sizeOf(node.content).full === 0 && node.content.kind !== 'flag' && node.content.kind !== 'clause') {
        problems.push({ path, message: 'is optional as it is, without t.optional' })
      }
      checkInside(node.content, path, problems)
      return
    case 'oneOrMore':
    case 'zeroOrMore':
    case 'counted':
      if (!isFixed(node.content) || sizeOf(node.content).full === 0) {
        problems.push({ path, message: 'what repeats must always be the same number of arguments' })
      }
      if (node.kind !== 'counted' && hasMissing(node.content)) {
        problems.push({ path, message: 'in what repeats, use the error of the repetition instead of missing' })
      }
      checkInside(node.content, path, problems)
      return
    case 'alternatives':
      node.forms.forEach((form, index) => {
        checkInside(form, `${path}[${index}]`, problems)
      })
  }
}

/** Takes all that is left: nothing but required arguments can come after it. */
function isOpenEnded(node: Node): boolean {
  switch (node.kind) {
    case 'oneOrMore':
    case 'zeroOrMore':
    case 'alternatives':
      return true
    case 'group':
      return node.members.some(([, member]) => isOpenEnded(member))
    case 'optional':
    case 'clause':
      return isOpenEnded(node.content)
    default:
      return false
  }
}

function isPositionalOptional(node: Node): boolean {
  return node.kind === 'optional' && node.content.kind !== 'flag' && node.content.kind !== 'clause'
}

function hasMissing(node: Node): boolean {
  if (isLeaf(node)) return node.missing !== undefined
  return node.kind === 'group' && node.members.some(([, member]) => hasMissing(member))
}
