let isMuted = false;

/**
 * Keeps one warning of Node 24 from standard error: kafkajs 2.2.4 asks for a timeout below zero at every connect
 * (https://github.com/tulios/kafkajs/issues/1751), which harms nothing.
 */
export function muteNegativeTimeoutWarning(): void {
  if (isMuted) return;
  isMuted = true;
  const emitWarning = process.emitWarning.bind(process) as (...warning: readonly unknown[]) => void;
  process.emitWarning = (...warning: readonly unknown[]): void => {
    if (warning[1] !== 'TimeoutNegativeWarning') emitWarning(...warning);
  };
}
