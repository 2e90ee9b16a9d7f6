import type * as t from '@pawl/sdk'

/** Every result of a call of the SDK. */
type AnyResult =
  | t.StartRunResult
  | t.ClaimRunResult
  | t.RenewLeaseResult
  | t.ReleaseRunResult
  | t.PauseRunResult
  | t.ResumeRunResult
  | t.CompleteRunResult
  | t.FailRunResult
  | t.CancelRunResult
  | t.DetachRunResult
  | t.ConfirmCancelResult
  | t.DeleteRunResult
  | t.StartPhaseResult
  | t.AdvancePhaseResult
  | t.FailPhaseResult
  | t.CompleteRoundResult
  | t.OpenSessionResult
  | t.UpdateSessionResult
  | t.RecordPromptResult
  | t.AppendTranscriptResult
  | t.SubmitArtifactResult
  | t.RequestApprovalResult
  | t.DecideApprovalResult
  | t.SendMessageResult
  | t.AcknowledgeMessageResult
  | t.StartExecutionResult
  | t.FinishExecutionResult
  | t.RecordWorkspaceResult
  | t.RequestWorkspaceOperationResult
  | t.StartWorkspaceOperationResult
  | t.FinishWorkspaceOperationResult
  | t.ReportPreviewResult
  | t.PerformResult
  | t.RegisterWorkflowResult
  | t.CreateTokenResult
  | t.RevokeTokenResult
  | t.SweepResult
  | t.ResolveRunResult
  | t.VerifyRunResult

/** Every refusal, discriminated by `__typename`. */
export type AnyProblem = t.ProblemOf<AnyResult>
