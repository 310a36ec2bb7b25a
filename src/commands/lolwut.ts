import { type ByteString, fromUtf8 } from '../bytes/bytes.js'
import { parseInteger } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors } from '../errors.js'
import { KRMT_VERSION, REDIS_VERSION } from '../version.js'

/**
 * LOLWUT [VERSION version] [columns [rows]]: a coast at dusk, another one each time. A version only chooses the
 * picture in Redis, of which we have one.
 */
export function lolwut(client: Client, argv: readonly ByteString[]): void {
  const versioned = argv.length > 2 && argv[1]!.toLowerCase() === 'version'
  const numbers = argv.slice(versioned ? 2 : 1).map(word => {
    const number = parseInteger(word)
    if (number === undefined && versioned) throw errors.notInteger
    return number
  })
  const [columns = 66, rows = 9] = versioned ? numbers.slice(1) : numbers
  const picture = coast(within(columns, 8, 160), within(rows, 4, 40), client.engine.random)
  const signature = `Redis ver. ${REDIS_VERSION} (krmt ${KRMT_VERSION})`
  client.reply.verbatim('txt', fromUtf8(`${picture}\n${signature}\n`))
}

/** Rows of text: sky with a sun, ridges of random walks, and the water that mirrors them. */
function coast(columns: number, rows: number, random: () => number): string {
  const heights = ridge(columns, rows, random)
  const sun = Math.floor(columns * (0.2 + 0.6 * random()))
  const lines: string[] = []
  for (let row = rows; row >= 1; row--) {
    let line = ''
    for (let x = 0; x < columns; x++) {
      if (heights[x]! >= row) line += heights[x] === row ? '▒' : '█'
      else line += Math.hypot((x - sun) / 2, row - rows + 1) < 1.5 ? '●' : ' '
    }
    lines.push(line.trimEnd())
  }
  for (let row = 1; row <= Math.ceil(rows / 3); row++) {
    let line = ''
    for (let x = 0; x < columns; x++) line += heights[x]! >= row * 2 ? '░' : random() < 0.3 ? '~' : ' '
    lines.push(line.trimEnd())
  }
  return lines.join('\n')
}

function ridge(columns: number, rows: number, random: () => number): number[] {
  const heights: number[] = []
  let height = rows * 0.3
  for (let x = 0; x < columns; x++) {
    // The walk is drawn back to the water, so that there are islands and not one mountain.
    height += (random() - 0.5) * 2.2 - (height - rows * 0.25) * 0.06
    height = Math.min(rows - 1, Math.max(0, height))
    heights.push(Math.floor(height))
  }
  return heights
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
