import { OPERATION_SECONDS } from '../../lifecycle/workspace/decideWorkspace.ts'
import type {
  ChangedFile,
  DiffResult,
  MergeResult,
  PreviewResult,
} from '../../lifecycle/workspace/workspaceResults.ts'
import { FILE_CHANGES, type OperationError } from '../../lifecycle/workspace/workspace.ts'
import { FileChange } from '../enums/workspaceEnums.ts'
import {
  content,
  defaulted,
  defineInput,
  field,
  flag,
  type Input,
  int,
  listed,
  MAX_INT,
  name,
  nameSchema,
  required,
  oneOf,
  text,
  texts,
  nonEmptyText,
} from '../kit/input.ts'

/** Limits of a worker's reports: patch, path and URL in UTF-16 units, and the number of files. */
const MAX = { patch: 1_048_576, path: 4_096, files: 2_000, url: 2_048 } as const

/** Allowed schemes of a preview URL, which is shown as a link. */
const SCHEMES = ['http:', 'https:']

export const webAddress = (description: string) =>
  field(
    'String',
    nameSchema(MAX.url).refine(
      (url) => URL.canParse(url) && SCHEMES.includes(new URL(url).protocol),
      'is no address of http or https',
    ),
    description,
  )

const count = (description: string) => int(0, MAX_INT, description)

/** Fills fields that were left out of an input with null. */
function complete<In extends object, Out>(input: Input<In>, toOut: (given: In) => Out): Input<Out> {
  return { ...input, schema: input.schema.transform(toOut) }
}

const FileInput = complete(
  defineInput('WorkspaceFileInput', 'A file that differs from the base commit.', {
    path: required(nonEmptyText(MAX.path, 'Its path in the repository.')),
    previousPath: nonEmptyText(MAX.path, 'Its previous path, if it was renamed.'),
    change: required(oneOf(FileChange, FILE_CHANGES, 'What became of it since the base commit.')),
    insertions: count('Lines added; absent for a binary file.'),
    deletions: count('Lines deleted; absent for a binary file.'),
  }),
  ({ path, change, previousPath = null, insertions = null, deletions = null }): ChangedFile => ({
    path,
    previousPath,
    change,
    insertions,
    deletions,
  }),
)

export const DiffInput = complete(
  defineInput('WorkspaceDiffInput', 'What a DIFF found.', {
    head: name('The head of its branch.'),
    tree: name('The git tree that was compared, in hexadecimal.', 64),
    commitsAhead: required(count('Commits of the branch since its base.')),
    filesChanged: required(count('Number of changed files.')),
    insertions: required(count('Lines added, in total.')),
    deletions: required(count('Lines deleted, in total.')),
    files: required(listed(FileInput, MAX.files, 'The files that differ, at most 2,000.')),
    patch: required(content('The patch, at most 1,048,576 UTF-16 units of it.', MAX.patch)),
    isTruncated: defaulted(flag('Whether the patch, or the list of files, was cut.'), false),
  }),
  ({
    head = null,
    tree = null,
    isTruncated: truncated,
    ...rest
  }): DiffResult & { readonly patch: string } => ({
    head,
    tree,
    truncated,
    ...rest,
  }),
)

export const MergeInput = complete(
  defineInput('WorkspaceMergeInput', 'What a MERGE made.', {
    commit: required(name('The commit that holds the work now.')),
    into: required(name('The branch that it was merged into.', 512)),
  }),
  (merge): MergeResult => merge,
)

export const PreviewInput = complete(
  defineInput('WorkspacePreviewInput', 'What a START_PREVIEW made.', {
    url: webAddress('Its URL: http or https.'),
    pid: int(1, MAX_INT, 'Its process id on the machine.'),
  }),
  ({ url = null, pid = null }): PreviewResult => ({ url, pid }),
)

export const ErrorInput = complete(
  defineInput('WorkspaceErrorInput', 'Why something failed.', {
    code: required(name('An error code: `CONFLICT`, `UNMERGED_WORK` or another of the worker.')),
    message: required(nonEmptyText(10_000, 'A message for a person.')),
    hint: text(10_000, 'What to do about it.'),
    files: texts('The files it is about, as those in conflict; at most 2,000.', {
      max: MAX.path,
      maxItems: MAX.files,
    }),
  }),
  ({ code, message, hint = null, files }): OperationError => ({ code, message, hint, files: files ?? [] }),
)

const { min, max } = OPERATION_SECONDS
export const operationSeconds = defaulted(
  int(min, max, 'Seconds after which another worker may start it again if it has not ended.'),
  OPERATION_SECONDS.default,
)
