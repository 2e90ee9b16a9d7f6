import { z } from 'zod'
import { checkRole, reachOf } from '../../commands/kit/authorize.ts'
import { COUNTED } from '../../store/run/countRuns.ts'
import { LATELY_DAYS } from '../../store/run/countProjects.ts'
import { listProjects } from '../../store/run/listProjects.ts'
import { builder } from '../kit/builder.ts'
import { connectionOf, FROM_EITHER_END, pageCost, readPageSize, toConnection } from '../kit/connection.ts'
import { decodeCursor, encodeCursor } from '../kit/cursors.ts'
import { nameSchema } from '../kit/input.ts'
import { refuseLimitedToRun } from '../request/context.ts'
import { statementCost } from '../request/statementCost.ts'
import { RunCount } from './runCount.ts'

/** A project has no row of its own: it is there by what names it. */
interface ProjectNode {
  readonly name: string
}

const ProjectRef = builder.objectRef<ProjectNode>('Project').implement({
  description: 'What runs, workflows and tokens belong to. It is there as soon as one of them names it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What runs name it by, unique.' }),
    activeCounts: t.field({
      type: [RunCount],
      description: 'The number of its active runs by status, in lifecycle order, including zeros.',
      extensions: statementCost(1),
      resolve: async ({ name }, _, { reads }) => (await reads.projectRuns.load(name))?.active ?? [],
    }),
    settledCounts: t.field({
      type: [RunCount],
      description: `The number of its runs that settled within the last ${LATELY_DAYS} days, by status, including zeros; where more than ${COUNTED.toLocaleString('en')} did, of the last ones.`,
      extensions: statementCost(1),
      resolve: async ({ name }, _, { reads }) => (await reads.projectRuns.load(name))?.settledLately ?? [],
    }),
    lastActivityAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When something last happened in one of its runs; null where it has none.',
      extensions: statementCost(1),
      resolve: async ({ name }, _, { reads }) => (await reads.projectRuns.load(name))?.lastActivityAt,
    }),
    tokenCount: t.int({
      nullable: true,
      description:
        'How many tokens are limited to it, alone or among other projects, expired ones too; null for those who may not list tokens.',
      extensions: statementCost(1),
      resolve: async ({ name }, _, { reads, caller }) =>
        checkRole(caller, 'tokens') ? null : ((await reads.projectTokenCount.load(name))?.count ?? 0),
    }),
  }),
})

const ProjectConnection = connectionOf('Project', ProjectRef)

/** The list name in cursors of projects. */
const PROJECTS = 'projects'
const placeSchema = z.tuple([nameSchema(200)])

const decodeProject = (cursor: string | null | undefined) =>
  cursor == null ? null : decodeCursor(PROJECTS, cursor, placeSchema)[0]

builder.queryField('projects', (t) =>
  t.field({
    type: ProjectConnection,
    description:
      'The projects that you may see, by name: those that your token is limited to, otherwise all that have runs or workflows of their own.',
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async (_, args, context) => {
      refuseLimitedToRun(context)
      const page = {
        ...readPageSize(args),
        after: decodeProject(args.after),
        before: decodeProject(args.before),
      }
      return toConnection(
        await listProjects(await context.reads.connection(), reachOf(context.caller), page),
        (name) => encodeCursor(PROJECTS, [name]),
        (name) => ({ name }),
      )
    },
  }),
)
