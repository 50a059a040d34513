"""AutoKeras 3 under a time budget: it searches networks of plain convolutions, on Keras 3 and PyTorch."""

import copy
import os
import tempfile
import time
import warnings
from contextlib import suppress

import numpy as np

from ..data import Dataset, Split
from ..errors import CourseError
from ..measure import metrics
from .automl import Predictor, chosen

EPOCHS = 20  # an attempt's longest training, as in the published row


def autokeras(data: Dataset, seconds: float, seed: int) -> tuple[Predictor, str]:
    """Search networks until the time is up; keep the epoch with the best validation AUC of all attempts.

    Only plain convolution blocks are searched: AutoKeras's other blocks (ResNet, Xception, EfficientNet) take
    minutes an epoch on a CPU, and may download weights. Volumes go in with their slices as channels.

    Returns:
        A function from a split to its probabilities `(N, K)`, and the choice in words.
    """
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    from keras_tuner.errors import FatalError

    if keras.config.backend() != "torch":
        raise CourseError(
            f"Keras runs on {keras.config.backend()} here, which the course does not install: "
            "set KERAS_BACKEND=torch and start again."
        )
    keras.utils.set_random_seed(seed)
    some = chosen(data.train, seed)
    keeper = _keeper(data.val, data.card.task, seconds)
    y, y_val = targets(data.train)[some], targets(data.val)
    over = suppress(FatalError)  # the keeper's way to end the search
    quiet = warnings.catch_warnings(action="ignore")  # Keras warns of its own internals, epoch by epoch
    with tempfile.TemporaryDirectory(prefix="autokeras-") as folder, over, quiet:
        _search(data, folder, seed).fit(
            pixels(data.train)[some], y, validation_data=(pixels(data.val), y_val),
            epochs=EPOCHS, callbacks=[keeper], verbose=0,
        )  # fmt: skip
    if keeper.weights is None:
        raise CourseError(f"AutoKeras finished no epoch in {seconds:.0f} s: give it more --minutes.")
    keeper.best.set_weights(keeper.weights)
    kinds = [type(layer).__name__ for layer in keeper.best.layers if layer.count_params()]
    story = (
        f"attempt {keeper.best_attempt} of {keeper.attempts}, epoch {keeper.best_epoch}: {', '.join(kinds)}"
    )
    return lambda split: predict(keeper.best, split), story


def pixels(split: Split) -> np.ndarray:
    """Return images for Keras, float32 `(N, H, W, C)` in 0..255; the slices of a volume are channels."""
    x = split.images.astype(np.float32)
    if split.card.ndim == 3:
        return np.moveaxis(x, 1, -1)
    return x if split.card.channels == 3 else x[..., None]


def targets(split: Split) -> np.ndarray:
    """Return labels as AutoKeras wants them: 0 and 1 for binary, else `(N, K)` of 0 and 1."""
    if split.card.task in ("binary", "multi-label"):
        return split.y
    return np.eye(split.card.n_outputs, dtype=np.float32)[split.y]


def predict(model, split: Split) -> np.ndarray:
    """Return a Keras model's probabilities in the course's layout, `(N, K)`."""
    with warnings.catch_warnings(action="ignore"):
        probs = np.asarray(model.predict(pixels(split), verbose=0, batch_size=256), dtype=np.float64)
    if split.card.task == "binary":
        return np.hstack([1 - probs, probs])
    return probs if split.card.task == "multi-label" else probs / probs.sum(1, keepdims=True)


def _search(data: Dataset, folder: str, seed: int):
    import autokeras

    class Head(autokeras.ClassificationHead):
        """AutoKeras 3.0 hands numpy integers to Keras 3.15, which takes only Python's."""

        @property
        def shape(self):
            return self._shape

        @shape.setter
        def shape(self, value):
            self._shape = value if value is None else tuple(map(int, value))

    image = autokeras.ImageInput()
    block = autokeras.ImageBlock(block_type="vanilla")(image)
    head = Head(multi_label=data.card.task == "multi-label")(block)
    return autokeras.AutoModel(
        image, head, directory=folder, max_trials=1_000_000, objective="val_loss", seed=seed, overwrite=True
    )


def _keeper(val: Split, task: str, seconds: float):
    """Return a callback that keeps the best epoch of all attempts and ends the search in time."""
    import keras
    from keras_tuner.errors import FatalError

    class Keeper(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.deadline = time.monotonic() + seconds
            self.best = self.weights = None
            self.score, self.attempts, self.best_attempt, self.best_epoch = -np.inf, 0, 0, 0

        def __deepcopy__(self, memo):
            return self  # KerasTuner copies callbacks for every attempt; this one remembers across them

        def on_train_begin(self, logs=None):
            self.attempts += 1

        def on_train_batch_end(self, batch, logs=None):
            if time.monotonic() > self.deadline:
                raise FatalError("The time is up.")

        def on_epoch_end(self, epoch, logs=None):
            probs = predict(self.model, val)
            score = metrics.auc(val.y, probs, task, absent="skip") if np.isfinite(probs).all() else -np.inf
            if score > self.score:
                self.score, self.best, self.weights = (
                    score,
                    self.model,
                    copy.deepcopy(self.model.get_weights()),
                )
                self.best_attempt, self.best_epoch = self.attempts, epoch + 1

    return Keeper()
