/** The Redis whose behaviour this is; what HELLO and INFO tell clients, which choose by it what they may use. */
export const REDIS_VERSION = '7.0.15'

/** Our own version; a test holds it to package.json's. */
export const KRMT_VERSION = '0.1.0'
