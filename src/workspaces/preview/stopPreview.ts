import {
  endPreview,
  isThere,
  listPreviews,
  prepareFolder,
  readPreview,
  withPreviewLocked,
  writePreview,
} from './previewRecord.ts'

/**
 * Stops the preview of a workspace, whichever process started it, and waits until it is proven gone.
 *
 * @returns whether there was one
 * @throws WorkspaceError `PREVIEW_NOT_STOPPED`
 */
export async function stopPreview(state: string, id: string, signal?: AbortSignal): Promise<boolean> {
  const folder = await prepareFolder(state)
  return withPreviewLocked(folder, id, () => endRemembered(folder, id), signal)
}

/** Does the same as {@link stopPreview}. Call it with the preview's lock held. */
export async function endRemembered(folder: string, id: string): Promise<boolean> {
  const record = await readPreview(folder, id)
  if (record === null) return false
  // Lets the process that started it see that its stop was requested.
  await writePreview(folder, id, { ...record, isStopping: true })
  await endPreview(folder, id, record)
  return true
}

/** Stops the orphaned previews of workers that were killed. */
export async function endLeftPreviews(state: string): Promise<void> {
  const folder = await prepareFolder(state)
  for (const id of await listPreviews(folder))
    await withPreviewLocked(folder, id, async () => {
      const record = await readPreview(folder, id)
      if (record !== null && !isThere(record, 'worker')) await endPreview(folder, id, record)
    })
}

/** Whether the preview of a workspace is running on this machine. */
export async function isPreviewRunning(state: string, id: string): Promise<boolean> {
  const record = await readPreview(await prepareFolder(state), id)
  return record !== null && isThere(record, 'process')
}
