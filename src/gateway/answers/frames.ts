import type { ByteString } from '../../bytes/bytes.js'
import { FrameScanner } from '../../resp/frame-scanner.js'
import { parseFrame } from '../../resp/reply-reader.js'
import { bytesIn } from '../../upstream/raw-reply.js'

/** The elements of an array, a set or a map (its keys and values in turn), each as it came. O(its bytes). */
export function elementsOf(aggregate: Buffer): Buffer[] {
  const elements: Buffer[] = []
  const scanner = new FrameScanner()
  for (let at = aggregate.indexOf(LF) + 1; at < aggregate.length; ) {
    const end = scanner.scan(aggregate, at, aggregate.length)
    if (end === -1) throw new Error('a reply ends before its elements do')
    elements.push(aggregate.subarray(at, end))
    at = end
  }
  return elements
}

/** An array of elements that are RESP already. */
export function arrayOf(elements: readonly (ByteString | Buffer)[]): ByteString {
  return `*${elements.length}\r\n${elements.map(textOf).join('')}`
}

/** A map, or what RESP2 has instead. @param elements keys and values in turn */
export function mapOf(elements: readonly (ByteString | Buffer)[], protocol: 2 | 3): ByteString {
  const head = protocol === 3 ? `%${elements.length / 2}` : `*${elements.length}`
  return `${head}\r\n${elements.map(textOf).join('')}`
}

/** The text of an element that is one. */
export function wordIn(element: Buffer | undefined): ByteString {
  return element === undefined ? '' : (bytesIn(parseFrame(element)) ?? '')
}

function textOf(element: ByteString | Buffer): ByteString {
  return typeof element === 'string' ? element : element.latin1Slice()
}

const LF = 10
