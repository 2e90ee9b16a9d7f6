import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { passEnvSchema } from '../../processes/passEnv.ts'

const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((value) => !value.includes('\0'), 'must not hold a NUL character')
const absolutePath = path.refine(isAbsolute, 'must be an absolute path')
const revision = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^-\s~^:?*[\\\p{Cc}][^\s~^:?*[\\\p{Cc}]*$/u, 'must name a branch, a tag or a commit')

/**
 * The `workspace` field of a run's input: either a directory to work in, or a repository to get a worktree and a
 * branch of.
 */
export const workspaceRequestSchema = z.union(
  [
    z.strictObject({
      directory: absolutePath.describe('The directory to work in, unchanged; it may be shared with others.'),
    }),
    z.strictObject({
      repository: absolutePath.describe('The git repository that the run gets a worktree and a branch of.'),
      base: revision
        .optional()
        .describe("What the branch begins at. Default: the repository's current branch."),
    }),
  ],
  { error: 'must be { directory } or { repository, base? }, with absolute paths' },
)

/** A run's workspace request, as parsed from its input. */
export type WorkspaceRequest = z.infer<typeof workspaceRequestSchema>

/** How to start a preview: a program that shows people what a run has made. */
export const previewDefinitionSchema = z.strictObject({
  command: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Program and arguments; {port} and {workspace} in an argument are filled in. PORT is in its environment.',
    ),
  url: z
    .string()
    .max(2048)
    .refine(isWebAddress, 'must be an http or https URL')
    .optional()
    .describe(
      'Where it is seen; {port} and {run} are filled in. Default: the port that answers, on this machine.',
    ),
  env: z.record(z.string(), z.string()).default({}).describe('Variables set for it.'),
  passEnv: passEnvSchema
    .default([])
    .describe("Further variables that it inherits of the worker's, by name; `NAME*` for all that begin so."),
  readySeconds: z
    .number()
    .positive()
    .max(3600)
    .default(60)
    .describe('How long it may take to answer, in seconds.'),
  killAfterSeconds: z
    .number()
    .nonnegative()
    .max(600)
    .default(5)
    .describe('From SIGTERM to SIGKILL, in seconds.'),
})

/** How to start a preview, with defaults filled in. */
export type PreviewDefinition = z.infer<typeof previewDefinitionSchema>

/** The workspace settings of a worker's configuration. */
export const workspaceSettingsSchema = z
  .strictObject({
    directory: path
      .optional()
      .describe('Where runs work that ask for nothing. Default: the working directory.'),
    repository: path
      .optional()
      .describe('The git repository that such runs get worktrees of, instead of a directory.'),
    base: revision
      .optional()
      .describe("What their branches begin at. Default: the repository's current branch."),
    root: path
      .optional()
      .describe('Where worktrees are made. Default: `.pawl/workspaces` in the working directory.'),
    allow: z
      .array(path)
      .optional()
      .describe('Directories below which runs may ask for a workspace. Default: the working directory.'),
    shared: z
      .boolean()
      .default(false)
      .describe('Whether several runs may work in one directory at the same time, on purpose.'),
    previews: z
      .record(z.string(), previewDefinitionSchema)
      .default({})
      .describe(
        'How to start a preview of what a run has made, by the name of its workflow; `*` is for any other.',
      ),
  })
  .refine(({ directory, repository }) => directory === undefined || repository === undefined, {
    error: 'directory and repository exclude each other',
  })
  .refine(({ base, repository }) => base === undefined || repository !== undefined, {
    error: 'base needs a repository',
  })

/** The workspace settings of a worker's configuration, with defaults filled in. */
export type WorkspaceSettings = z.infer<typeof workspaceSettingsSchema>

function isWebAddress(url: string): boolean {
  const filled = url.replaceAll('{port}', '1').replaceAll('{run}', 'run')
  return URL.canParse(filled) && ['http:', 'https:'].includes(new URL(filled).protocol)
}
