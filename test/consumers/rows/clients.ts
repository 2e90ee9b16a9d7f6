import type { Row } from '../row.ts'
import type { Stage } from '../stage.ts'

/** What the recipes say when they have followed a run to its end. */
const FOLLOWED = /followed: QUEUED[\s\S]*followed: CANCELLED/

/** The clients that other people wrote, against the server from the packed package. */
export const clientRows: readonly Row[] = [
  {
    name: 'curl',
    proves: 'the recipe for curl',
    play: (stage) => follow(stage, 'curl', ['bash', 'follow.sh']),
  },
  {
    name: 'python',
    proves: "the recipe for Python's standard library",
    play: (stage) => follow(stage, 'python', ['python3', 'follow.py']),
  },
  {
    name: 'urql',
    proves: 'the recipe for urql',
    isShort: true,
    play: (stage) => follow(stage, 'urql', ['node', 'urql.js']),
  },
  {
    name: 'apollo4',
    proves: 'the recipe for Apollo Client 4',
    isShort: true,
    play: (stage) => follow(stage, 'apollo', ['node', 'apollo.js']),
  },
]

async function follow(stage: Stage, recipe: string, command: readonly string[]): Promise<undefined> {
  const folder = await stage.createRecipe(recipe)
  return expectFollowed(await stage.run(folder, command, {}, await stage.environment(recipe)))
}

function expectFollowed(told: string): undefined {
  if (!FOLLOWED.test(told)) throw new Error(`it did not follow the run to its end: ${told}`)
}
