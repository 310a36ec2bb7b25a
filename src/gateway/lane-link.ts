import type { ByteString } from '../bytes/bytes.js'
import { FrameScanner } from '../resp/frame-scanner.js'
import type { Link, LinkUser } from '../upstream/link.js'

/** What all lanes have in common: a connection to a server that many clients share. It queues what is sent until it is connected. */
export abstract class LaneLink implements LinkUser {
  protected readonly scanner = new FrameScanner()
  #link: Link | undefined
  #early: ByteString = ''
  /** When something last came, or was sent after all had come; monotonic milliseconds. */
  #progress = 0

  /** Whether it can be used, now or as soon as it is connected. */
  abstract get isUsable(): boolean

  /** Whether no reply is due. */
  abstract get isIdle(): boolean

  /**
   * Gives it up: those who wait get an error.
   *
   * @param why a clause: `the connection was lost`
   */
  abstract end(why: string): void

  abstract drained(): void

  /** Takes the bytes that have come. Throws an Error for such as are no reply, or not due. */
  protected abstract distribute(bytes: Buffer): void

  protected get isConnected(): boolean {
    return this.#link !== undefined
  }

  /** Whether more has been written than the server takes. */
  protected get isBackedUp(): boolean {
    return this.#link?.isFull === true
  }

  connected(link: Link): void {
    if (!this.isUsable) {
      link.destroy()
      return
    }
    this.#link = link
    this.#progress = performance.now()
    link.user = this
    if (this.#early !== '') link.write(this.#early)
    this.#early = ''
  }

  /** Whether replies have been due for so long, in milliseconds, and none has come. */
  isStuck(timeout: number, now: number): boolean {
    return this.isConnected && !this.isIdle && now - this.#progress > timeout
  }

  received(bytes: Buffer): void {
    this.#progress = performance.now()
    try {
      this.distribute(bytes)
    } catch (error) {
      this.end(`the server sent what is no reply (${error instanceof Error ? error.message : error})`)
    }
  }

  lost(error: Error): void {
    this.end(`the connection was lost (${error.message})`)
  }

  /** To be called before the first reply is due again. */
  protected begin(): void {
    this.#progress = performance.now()
  }

  protected write(commands: ByteString): void {
    if (this.#link === undefined) this.#early += commands
    else this.#link.write(commands)
  }

  protected destroy(): void {
    this.#link?.destroy()
    this.#early = ''
  }
}
