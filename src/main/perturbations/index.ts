export { perturb, type LayerPerturbation } from './perturb'
export { schemeFor, type DrawScheme } from './schemes'
export { trialImages, type TrialImages } from './trial-images'
