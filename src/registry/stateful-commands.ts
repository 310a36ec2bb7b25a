/** Commands that change what the connection is, or would answer more than once; in lower case. */
export const STATEFUL: ReadonlySet<string> = new Set([
  'multi',
  'exec',
  'discard',
  'watch',
  'unwatch',
  'subscribe',
  'unsubscribe',
  'psubscribe',
  'punsubscribe',
  'ssubscribe',
  'sunsubscribe',
  'quit',
  'reset',
  'hello',
  'auth',
  'select',
])
