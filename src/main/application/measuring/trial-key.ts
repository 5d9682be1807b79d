/** Names a unit's trial. */
export const trialKey = (unit: string, trial: number): string => `${unit} ${String(trial)}`
