/** Where an author has written a definition, so that what is wrong with it can be told with its line. */
const ORIGIN = Symbol.for('krmt.origin')

/** Notes the place of the call of `definer` (command, container, defineModule) in what it returns; it is not enumerable. */
export function withOrigin<D extends object>(definition: D, definer: (...args: never[]) => unknown): D {
  const holder: { stack?: string } = {}
  Error.captureStackTrace(holder, definer)
  return Object.defineProperty(definition, ORIGIN, { value: holder.stack })
}

/** A stack trace whose innermost frame is where the definition was made; undefined for what was made in another way. */
export function originOf(definition: unknown): string | undefined {
  if (typeof definition !== 'object' || definition === null || !(ORIGIN in definition)) return undefined
  return String(definition[ORIGIN])
}
