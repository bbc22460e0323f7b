import fc from 'fast-check'

const { PROPERTY_SEED: seed } = process.env

// A change is judged by the same inputs as the one before it; exploring is a run of its own: PROPERTY_SEED=random npm test
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed ?? 20_260_229) })

export default fc
