import type { ObjectFieldBuilder } from '@pothos/core'
import { type RecordResult, recordWorkspace } from '../../commands/workspace/recordWorkspace.ts'
import {
  finishWorkspaceOperation,
  type OperationSuccess,
  reportPreview,
  requestWorkspaceOperation,
  startWorkspaceOperation,
} from '../../commands/workspace/workspaceOperations.ts'
import type { WorkspaceSuccess } from '../../commands/workspace/changeWorkspace.ts'
import { OPERATION_KINDS, REPORTED_PREVIEWS, WORKSPACE_KINDS } from '../../lifecycle/workspace/workspace.ts'
import type { SchemaTypes } from '../kit/builder.ts'
import { PreviewStatus, WorkspaceKind, WorkspaceOperationKind } from '../enums/workspaceEnums.ts'
import {
  defaulted,
  defineInput,
  defineOneOf,
  flag,
  idempotencyKey,
  idOf,
  int,
  MAX_INT,
  name,
  required,
  requiredFence,
  nested,
  oneOf,
  runId,
  seconds,
  nonEmptyText,
} from '../kit/input.ts'
import { defineMutation, REPLAYED, RunSuccessRef } from '../answers/mutation.ts'
import { RunRef, WorkspaceOperationRef, WorkspaceRef } from '../kit/refs.ts'
import {
  DiffInput,
  ErrorInput,
  MergeInput,
  operationSeconds,
  PreviewInput,
  webAddress,
} from './workspaceInputs.ts'

const workspaceId = required(idOf('workspace', 'The workspace that it is about'))
const operationId = required(idOf('workspaceOperation', 'The operation that it is about'))

defineMutation('recordWorkspace', {
  description:
    'Records the directory that a run works in, once. A run keeps its workspace for as long as that is there: where it has one, that is the answer, and its host and path say whether you can work there. The same directory of several runs is one workspace.',
  input: defineInput('RecordWorkspaceInput', 'The directory that a run works in.', {
    runId,
    host: required(name('The machine, by an id that its worker chooses and keeps.')),
    kind: required(oneOf(WorkspaceKind, WORKSPACE_KINDS, 'What the directory is.')),
    path: required(nonEmptyText(4_096, 'Its absolute path on the machine.')),
    repository: nonEmptyText(4_096, 'The repository that it is a worktree of. Needed for a WORKTREE.'),
    branch: name('The branch that the work is on. Needed for a WORKTREE.', 512),
    baseCommit: name('The commit that the work began at. For a WORKTREE, and needed there.'),
    fence: requiredFence,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => recordWorkspace(commands, caller, input),
  interfaces: [RunSuccessRef],
  success: (t: ObjectFieldBuilder<SchemaTypes, Extract<RecordResult, { ok: true }>>) => ({
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The workspace of the run.',
      resolve: ({ workspace }) => workspace,
    }),
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run, unchanged; never null.',
      resolve: ({ run }) => run,
    }),
    isNew: t.exposeBoolean('created', {
      description: 'True if the workspace is new; false if the run or the directory already had one.',
    }),
    isReplayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})

/** The fields of a success about an operation. */
function operationSuccessFields(t: ObjectFieldBuilder<SchemaTypes, OperationSuccess>) {
  return {
    operation: t.field({
      type: WorkspaceOperationRef,
      description: 'The current operation.',
      resolve: ({ operation }) => ({ operation }),
    }),
    workspace: t.field({
      type: WorkspaceRef,
      description: 'Its current workspace.',
      resolve: ({ workspace }) => workspace,
    }),
    isReplayed: t.exposeBoolean('replayed', REPLAYED),
  }
}

defineMutation('requestWorkspaceOperation', {
  description:
    'Requests an operation on a workspace from the worker of its machine. A second request returns the operation in flight, with force if either request set it before it was started.',
  input: defineInput('RequestWorkspaceOperationInput', 'What to do with a workspace.', {
    workspaceId,
    kind: required(oneOf(WorkspaceOperationKind, OPERATION_KINDS, 'What to do.')),
    isForced: defaulted(flag('For a REMOVE: whether it is done even if work is lost.'), false),
    expiresInSeconds: seconds(
      'Seconds after which it is given up if no worker has started it; if absent, never.',
    ),
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => requestWorkspaceOperation(commands, caller, input),
  success: operationSuccessFields,
})

defineMutation('startWorkspaceOperation', {
  description:
    'Starts an operation, by the worker of the machine; of concurrent starts exactly one succeeds. After its deadline another worker may start it again, three times in total.',
  input: defineInput(
    'StartWorkspaceOperationInput',
    'Which requested operation a worker begins to perform.',
    {
      operationId,
      worker: required(name('Name of the worker.')),
      leaseSeconds: operationSeconds,
      idempotencyKey,
    },
  ),
  run: ({ commands, caller }, input) => startWorkspaceOperation(commands, caller, input),
  success: operationSuccessFields,
})

const ResultInput = defineOneOf(
  'WorkspaceResultInput',
  'What an operation ended with: exactly one of these, that of its kind or an error.',
  {
    diff: nested(DiffInput, 'What a DIFF found.'),
    merge: nested(MergeInput, 'What a MERGE made.'),
    preview: nested(PreviewInput, 'What a START_PREVIEW made.'),
    error: nested(ErrorInput, 'Why it failed, whatever its kind.'),
  },
)

defineMutation('finishWorkspaceOperation', {
  description:
    'Finishes an operation that you started: with what is the result of its kind, or with an error.',
  input: defineInput('FinishWorkspaceOperationInput', 'How an operation ended.', {
    operationId,
    attempt: required(int(1, MAX_INT, 'The attempt that you started.')),
    result: nested(
      ResultInput,
      'Needed for a DIFF, a MERGE and a START_PREVIEW. Left out: a STOP_PREVIEW or a REMOVE succeeded.',
    ),
    idempotencyKey,
  }),
  run: ({ commands, caller }, { result, ...input }) =>
    finishWorkspaceOperation(commands, caller, { ...input, ...result }),
  success: operationSuccessFields,
})

defineMutation('reportPreview', {
  description:
    'Reports a change of a preview outside of an operation, by the worker of the machine: it exited, runs again under another URL, or was found missing after a restart.',
  input: defineInput('ReportPreviewInput', 'The state of a preview.', {
    workspaceId,
    status: required(oneOf(PreviewStatus, REPORTED_PREVIEWS, 'Its status: STOPPED, RUNNING or FAILED.')),
    url: webAddress('Its URL while RUNNING: http or https.'),
    error: nested(ErrorInput, 'Why it FAILED.'),
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => reportPreview(commands, caller, input),
  success: (t: ObjectFieldBuilder<SchemaTypes, WorkspaceSuccess>) => ({
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The current workspace.',
      resolve: ({ workspace }) => workspace,
    }),
    isReplayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})
