/** Where the engine says what happens, in the levels of redis-server. */
export interface Log {
  debug(message: string): void
  verbose(message: string): void
  notice(message: string): void
  warning(message: string): void
}

/** Says nothing: for an engine inside a program that has not asked for a log. */
export const silentLog: Log = { debug() {}, verbose() {}, notice() {}, warning() {} }
