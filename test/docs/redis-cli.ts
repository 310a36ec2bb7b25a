import type { Reply } from '../support/resp-client.js'

/** A reply as redis-cli shows it on a terminal, in RESP2 (`--no-raw`). Without the line's end. */
export function asRedisCli(reply: Reply, indent = ''): string {
  switch (reply.type) {
    case 'status':
      return reply.value
    case 'error':
      return `(error) ${reply.value}`
    case 'integer':
      return `(integer) ${reply.value}`
    case 'bulk':
      return quoted(reply.value)
    case 'null-bulk':
    case 'null-array':
      return '(nil)'
    case 'confirmations':
      return reply.items.map(item => asRedisCli(item)).join('\n')
    case 'array': {
      if (reply.items.length === 0) return '(empty array)'
      const width = String(reply.items.length).length
      const inner = `${indent}${' '.repeat(width + 2)}`
      return reply.items
        .map((item, i) => `${i === 0 ? '' : indent}${String(i + 1).padStart(width)}) ${asRedisCli(item, inner)}`)
        .join('\n')
    }
    default:
      throw new Error(`no reply of RESP2: ${reply.type}`)
  }
}

/** Quoted so that `splitArgs` gives the bytes back. */
function quoted(bytes: string): string {
  const escapes: Record<string, string> = {
    '\\': '\\\\',
    '"': '\\"',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\u0007': '\\a',
    '\b': '\\b',
  }
  const text = bytes.replace(
    /[^ !#-[\]-~]/g,
    char => escapes[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return `"${text}"`
}
