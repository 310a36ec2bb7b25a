export { seededRandom } from '../host/seeded-random.js'
