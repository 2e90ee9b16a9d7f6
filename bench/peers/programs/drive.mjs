import { createInterface } from 'node:readline'

/**
 * Executes lifecycles as the benchmark asks on standard input, one request `{"clients", "each"}` a line; answers each with the times that
 * they took. It announces once that it is ready.
 *
 * @param {() => Promise<unknown>} act one lifecycle, from its request to its confirmed end
 */
export async function drive(act) {
  const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
  say({ ready: true })
  for await (const line of createInterface(process.stdin)) {
    const { clients, each } = JSON.parse(line)
    const took = []
    const began = performance.now()
    const work = async () => {
      for (let turn = 0; turn < each; turn++) {
        const start = performance.now()
        await act()
        took.push(performance.now() - start)
      }
    }
    await Promise.all(Array.from({ length: clients }, work))
    say({ seconds: (performance.now() - began) / 1000, took })
  }
  process.exit(0)
}
