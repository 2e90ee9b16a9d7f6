-- A run that was taken over as often as its workflow allows fails for a reason of its own.
ALTER TYPE "run_reason" ADD VALUE 'TAKEOVER_CAP';
