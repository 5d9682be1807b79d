/**
 * Number 2: trials that are measured piece by piece, on images of their own too; units larger and smaller than layers.
 * Cells are derived: whoever opens the study computes them anew.
 */
export const PIECES = `
CREATE TABLE configuration_2 (
  id INTEGER PRIMARY KEY,
  model_hash TEXT NOT NULL,
  treatment TEXT NOT NULL,
  evaluation TEXT NOT NULL,
  preparation TEXT NOT NULL,
  -- The first so many of the evaluation set: every trial sees them, or takes its own from them.
  images INTEGER NOT NULL,
  -- 'same' or 'fresh'.
  sampling TEXT NOT NULL,
  unit TEXT NOT NULL,
  -- Of blocks and stages: which kinds of layers are perturbed in them; empty: all.
  kinds TEXT NOT NULL,
  perturbation TEXT NOT NULL,
  -- Content hash of a second checkpoint; empty without one.
  perturbation_hash TEXT NOT NULL,
  -- As resolved for the model, and as asked for.
  scheme TEXT NOT NULL,
  requested_scheme TEXT NOT NULL,
  seed INTEGER NOT NULL,
  precision TEXT NOT NULL,
  provider TEXT NOT NULL,
  -- Of studies of version 1, over all images; since then the table original tells it.
  original_top1 REAL,
  original_top5 REAL,
  original_loss REAL,
  versions TEXT NOT NULL,
  UNIQUE (model_hash, treatment, evaluation, preparation, images, sampling, unit, kinds, perturbation,
          perturbation_hash, scheme, seed, precision, provider)
) STRICT;

INSERT INTO configuration_2
  SELECT id, model_hash, treatment, evaluation, preparation, images, 'same', unit, '', perturbation,
         perturbation_hash, scheme, requested_scheme, seed, precision, provider, original_top1, original_top5,
         original_loss, versions
  FROM configuration;
DROP TABLE configuration;
ALTER TABLE configuration_2 RENAME TO configuration;

CREATE TABLE measurement_2 (
  id INTEGER PRIMARY KEY,
  configuration INTEGER NOT NULL REFERENCES configuration (id),
  -- Name of the unit.
  layer TEXT NOT NULL,
  trial INTEGER NOT NULL,
  -- Seen so far, from the beginning of the trial's sequence on.
  images INTEGER NOT NULL,
  -- Means over them.
  metrics TEXT NOT NULL,
  seconds REAL NOT NULL,
  measured_at TEXT NOT NULL,
  -- Cosine distance per image, float32 little endian, in the order of the sequence. Last: what stands before it is
  -- read without it.
  distances BLOB NOT NULL,
  UNIQUE (configuration, layer, trial)
) STRICT;

INSERT INTO measurement_2
  SELECT id, configuration, layer, trial, length(distances) / 4, metrics, seconds, measured_at, distances
  FROM measurement;
DROP TABLE measurement;
ALTER TABLE measurement_2 RENAME TO measurement;

-- What is known of a unit from all its trials.
DROP TABLE cell;
CREATE TABLE cell (
  configuration INTEGER NOT NULL REFERENCES configuration (id),
  layer TEXT NOT NULL,
  mean REAL NOT NULL,
  std REAL,
  standard_error REAL,
  degrees_of_freedom REAL,
  interval_low REAL,
  interval_high REAL,
  var_trial REAL,
  var_image REAL,
  var_rest REAL,
  var_within REAL,
  trials INTEGER NOT NULL,
  images INTEGER NOT NULL,
  observations INTEGER NOT NULL,
  complete INTEGER NOT NULL,
  -- Of the adaptive protocol.
  target_se REAL,
  outcome TEXT,
  PRIMARY KEY (configuration, layer)
) STRICT, WITHOUT ROWID;

-- What an unperturbed network makes of each image of an evaluation set.
CREATE TABLE original (
  id INTEGER PRIMARY KEY,
  model_hash TEXT NOT NULL,
  treatment TEXT NOT NULL,
  evaluation TEXT NOT NULL,
  preparation TEXT NOT NULL,
  precision TEXT NOT NULL,
  provider TEXT NOT NULL,
  -- A byte an image, those behind the end being 0: 0 where it was not seen, else 1 and as many more as classes stand
  -- before the right one, 255 at most; 1 without labels.
  ranks BLOB NOT NULL,
  -- Cross-entropy in nats, float32 little endian; null without labels.
  losses BLOB,
  UNIQUE (model_hash, treatment, evaluation, preparation, precision, provider)
) STRICT;

-- With what it was measured, JSON.
ALTER TABLE run ADD COLUMN execution TEXT;
-- Its place among the runs that wait.
ALTER TABLE run ADD COLUMN place INTEGER;
`
