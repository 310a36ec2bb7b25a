/** What a module can be written in, in the order in which a name without an extension is tried. */
export const EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'] as const

/**
 * The conditions of a package's `exports` that hold for a module. `krmt` comes first in packages that have it: they can
 * point it at their TypeScript, and everyone else at what they have compiled.
 */
export const CONDITIONS: readonly string[] = ['krmt', 'module', 'import', 'node', 'default']

/**
 * The target of `key` ('.' or './subpath') in a package's `exports`, as Node's "Package exports" chapter has it:
 * a string, the first that can be used of an array, or the first condition that holds; subpaths may hold one `*`.
 */
export function exportsTarget(exports: unknown, key: string): string | undefined {
  if (!isSubpathMap(exports)) return key === '.' ? conditional(exports) : undefined
  if (Object.hasOwn(exports, key)) return conditional(exports[key])
  let best: { prefix: string; value: unknown; star: string } | undefined
  for (const [pattern, value] of Object.entries(exports)) {
    const at = pattern.indexOf('*')
    if (at === -1) continue
    const prefix = pattern.slice(0, at)
    const suffix = pattern.slice(at + 1)
    if (key.length < prefix.length + suffix.length || !key.startsWith(prefix) || !key.endsWith(suffix)) continue
    // The longest prefix wins, whatever the order.
    if (best !== undefined && best.prefix.length >= prefix.length) continue
    best = { prefix, value, star: key.slice(prefix.length, key.length - suffix.length) }
  }
  return best === undefined ? undefined : conditional(best.value)?.replaceAll('*', best.star)
}

export function isSubpathMap(exports: unknown): exports is Record<string, unknown> {
  return isRecord(exports) && Object.keys(exports).some(key => key.startsWith('.'))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A package that has only `require` is taken as well: what is bundled may be CommonJS. */
function conditional(target: unknown): string | undefined {
  return withConditions(target, CONDITIONS) ?? withConditions(target, [...CONDITIONS, 'require'])
}

function withConditions(target: unknown, conditions: readonly string[]): string | undefined {
  // Targets leave the package in no way: they begin with './' and do not climb.
  if (typeof target === 'string')
    return target.startsWith('./') && !target.split('/').includes('..') ? target : undefined
  if (Array.isArray(target)) return first(target, conditions)
  if (!isRecord(target)) return undefined
  return first(
    Object.entries(target)
      .filter(([condition]) => conditions.includes(condition))
      .map(([, value]) => value),
    conditions,
  )
}

function first(targets: readonly unknown[], conditions: readonly string[]): string | undefined {
  for (const target of targets) {
    const found = withConditions(target, conditions)
    if (found !== undefined) return found
  }
  return undefined
}
