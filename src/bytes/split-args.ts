import type { ByteString } from './bytes.js'

/**
 * Splits a line into words, as inline commands, the config file and redis-cli do. Words are separated by white space. Within
 * double quotes, `\n \r \t \b \a`, `\xHH` and a backslash before anything else are understood; within single quotes,
 * only `\'`. A quote may begin within a word, but its end must be the word's. A NUL byte ends the line.
 *
 * @returns undefined if a quote is not closed, or is followed by something other than white space
 */
export function splitArgs(line: ByteString): ByteString[] | undefined {
  const words: ByteString[] = []
  const nul = line.indexOf('\0')
  const end = nul < 0 ? line.length : nul
  let at = 0
  for (;;) {
    while (at < end && isSpace(line.charCodeAt(at))) at++
    if (at === end) return words
    // Fast path: a word is a slice of the line, unless it has a quote in it.
    let stop = at
    while (stop < end && !endsPlainText(line.charCodeAt(stop))) stop++
    const quote = stop < end ? line.charCodeAt(stop) : 0
    if (quote !== DOUBLE && quote !== SINGLE) {
      words.push(line.slice(at, stop))
      at = stop
      continue
    }
    const close = closingQuote(line, stop + 1, end, quote)
    if (close < 0 || (close + 1 < end && !isSpace(line.charCodeAt(close + 1)))) return undefined
    const quoted = line.slice(stop + 1, close)
    words.push(line.slice(at, stop) + (quote === DOUBLE ? unescapeQuoted(quoted) : quoted.replaceAll("\\'", "'")))
    at = close + 1
  }
}

/** The text in double quotes, as MONITOR and CONFIG REWRITE print it; `splitArgs` gives the text back. */
export function quoteArg(text: ByteString): ByteString {
  return `"${text.replace(UNPRINTABLE, escapeByte)}"`
}

const DOUBLE = 0x22
const SINGLE = 0x27
const BACKSLASH = 0x5c
const UNPRINTABLE = /[^ !#-[\]-~]/g
const ESCAPE = /\\(?:x([\dA-Fa-f]{2})|([\s\S]))/g
const ESCAPES = new Map([...'nrtba'].map((letter, i) => [letter, '\n\r\t\b\x07'.charAt(i)]))
const LETTERS = new Map([...ESCAPES].map(([letter, char]) => [char, letter]))

/** C's isspace. */
function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

/** A vertical tab or a form feed separates words only where a word could begin. */
function endsPlainText(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === DOUBLE || code === SINGLE
}

function closingQuote(line: ByteString, start: number, end: number, quote: number): number {
  for (let at = start; at < end; at++) {
    const code = line.charCodeAt(at)
    if (code === quote) return at
    if (code !== BACKSLASH || at + 1 === end) continue
    if (quote === DOUBLE || line.charCodeAt(at + 1) === SINGLE) at++
  }
  return -1
}

function unescapeQuoted(quoted: ByteString): ByteString {
  if (!quoted.includes('\\')) return quoted
  return quoted.replace(ESCAPE, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (ESCAPES.get(char) ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function escapeByte(char: string): string {
  const letter = LETTERS.get(char)
  if (letter !== undefined) return `\\${letter}`
  if (char === '"' || char === '\\') return `\\${char}`
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}
