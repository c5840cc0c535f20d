"""Box arithmetic for a one-stage detector."""
from __future__ import annotations

from typing import Sequence

import numpy as np
import tensorflow as tf


def convert_to_xywh(boxes: tf.Tensor) -> tf.Tensor:
    return tf.concat([(boxes[..., :2] + boxes[..., 2:]) / 2.0, boxes[..., 2:] - boxes[..., :2]], axis=-1)


def convert_to_corners(boxes: tf.Tensor) -> tf.Tensor:
    return tf.concat([boxes[..., :2] - boxes[..., 2:] / 2.0, boxes[..., :2] + boxes[..., 2:] / 2.0], axis=-1)


def compute_iou(boxes1: tf.Tensor, boxes2: tf.Tensor) -> tf.Tensor:
    """Pairwise IoU of boxes in `xywh` form."""
    c1, c2 = convert_to_corners(boxes1), convert_to_corners(boxes2)
    lu = tf.maximum(c1[:, None, :2], c2[:, :2])
    rd = tf.minimum(c1[:, None, 2:], c2[:, 2:])
    intersection = tf.maximum(0.0, rd - lu)
    area = intersection[:, :, 0] * intersection[:, :, 1]
    a1 = boxes1[:, 2] * boxes1[:, 3]
    a2 = boxes2[:, 2] * boxes2[:, 3]
    union = tf.maximum(a1[:, None] + a2 - area, 1e-8)
    return tf.clip_by_value(area / union, 0.0, 1.0)


class AnchorBox:
    def __init__(self, strides: Sequence[int] = (4, 8)) -> None:
        self.aspect_ratios = [0.5, 1.0, 2.0]
        self._strides = list(strides)
        self._areas = [s ** 2 for s in strides]
        self._num_anchors = len(self.aspect_ratios)
        self._anchor_dims = self._compute_dims()

    def _compute_dims(self):
        all_dims = []
        for area in self._areas:
            dims = []
            for ratio in self.aspect_ratios:
                height = tf.math.sqrt(area / ratio)
                width = area / height
                dims.append(tf.reshape(tf.stack([width, height], axis=-1), [1, 1, 2]))
            all_dims.append(tf.stack(dims, axis=-2))
        return all_dims

    def _get_anchors(self, feature_height, feature_width, level: int):
        rx = tf.range(feature_width, dtype=tf.float32) + 0.5
        ry = tf.range(feature_height, dtype=tf.float32) + 0.5
        centers = tf.stack(tf.meshgrid(rx, ry), axis=-1) * self._strides[level]
        centers = tf.tile(tf.expand_dims(centers, axis=-2), [1, 1, self._num_anchors, 1])
        dims = tf.tile(self._anchor_dims[level], [feature_height, feature_width, 1, 1])
        return tf.reshape(tf.concat([centers, dims], axis=-1), [feature_height * feature_width * self._num_anchors, 4])

    def get_anchors(self, image_height: int, image_width: int) -> tf.Tensor:
        anchors = [
            self._get_anchors(int(np.ceil(image_height / s)), int(np.ceil(image_width / s)), i)
            for i, s in enumerate(self._strides)
        ]
        return tf.concat(anchors, axis=0)


class LabelEncoder:
    def __init__(self) -> None:
        self._anchor_box = AnchorBox()
        self._box_variance = tf.constant([0.1, 0.1, 0.2, 0.2])

    def _match_anchor_boxes(self, anchor_boxes, gt_boxes, match_iou=0.5, ignore_iou=0.4):
        iou = compute_iou(anchor_boxes, gt_boxes)
        max_iou = tf.reduce_max(iou, axis=1)
        matched_gt_idx = tf.argmax(iou, axis=1)
        positive = tf.greater_equal(max_iou, match_iou)
        negative = tf.less(max_iou, ignore_iou)
        ignore = tf.logical_not(tf.logical_or(positive, negative))
        return matched_gt_idx, tf.cast(positive, tf.float32), tf.cast(ignore, tf.float32)

    def _compute_box_target(self, anchors, matched):
        target = tf.concat([(matched[:, :2] - anchors[:, :2]) / anchors[:, 2:],
                            tf.math.log(matched[:, 2:] / anchors[:, 2:])], axis=-1)
        return target / self._box_variance

    def encode(self, image_shape, gt_boxes, cls_ids):
        anchors = self._anchor_box.get_anchors(image_shape[0], image_shape[1])
        cls_ids = tf.cast(cls_ids, tf.float32)
        idx, positive, ignore = self._match_anchor_boxes(anchors, gt_boxes)
        box_target = self._compute_box_target(anchors, tf.gather(gt_boxes, idx))
        cls = tf.where(tf.equal(positive, 1.0), tf.gather(cls_ids, idx), -1.0)
        cls = tf.where(tf.equal(ignore, 1.0), -2.0, cls)
        return tf.concat([box_target, cls[:, None]], axis=-1)


def greedy_nms(boxes: tf.Tensor, scores: tf.Tensor, threshold: float, max_out: int) -> list[int]:
    order = tf.argsort(scores, direction="DESCENDING")
    iou = compute_iou(boxes, boxes)
    keep: list[int] = []
    for i in order.numpy():
        if len(keep) >= max_out:
            break
        if all(iou[i, j] <= threshold for j in keep):
            keep.append(int(i))
    return keep


def soft_nms_weights(boxes: tf.Tensor, scores: tf.Tensor, sigma: float = 0.5) -> tf.Tensor:
    order = tf.argsort(scores, direction="DESCENDING")
    b = tf.gather(boxes, order)
    s = tf.gather(scores, order)
    iou = compute_iou(b, b)
    lower = tf.linalg.band_part(iou, -1, 0) - tf.linalg.diag(tf.linalg.diag_part(iou))
    return s * tf.reduce_prod(tf.exp(-(lower ** 2) / sigma), axis=1)


def smooth_l1(target: tf.Tensor, pred: tf.Tensor, delta: float) -> tf.Tensor:
    diff = target - pred
    absd = tf.abs(diff)
    return tf.reduce_sum(tf.where(absd < delta, 0.5 * diff ** 2, absd - 0.5), axis=-1)


def giou_loss(b1: tf.Tensor, b2: tf.Tensor) -> tf.Tensor:
    c1, c2 = convert_to_corners(b1), convert_to_corners(b2)
    wh = tf.maximum(tf.minimum(c1[..., 2:], c2[..., 2:]) - tf.maximum(c1[..., :2], c2[..., :2]), 0.0)
    inter = tf.reduce_prod(wh, -1)
    union = tf.reduce_prod(b1[..., 2:], -1) + tf.reduce_prod(b2[..., 2:], -1) - inter
    hull = tf.reduce_prod(tf.maximum(c1[..., 2:], c2[..., 2:]) - tf.minimum(c1[..., :2], c2[..., :2]), -1)
    iou = inter / union
    return tf.reduce_mean(1.0 - (iou - (hull - union) / hull))


def average_precision(tp: tf.Tensor, n_gt: int) -> float:
    tp = tf.cast(tp, tf.float32)
    cum = tf.cumsum(tp)
    precision = cum / tf.range(1, len(tp) + 1, dtype=tf.float32)
    return (tf.reduce_sum(precision * tp) / n_gt).numpy().item()


def random_boxes(n: int, seed: int, size: float = 16.0) -> tf.Tensor:
    centers = tf.random.stateless_uniform([n, 2], [seed, 0], maxval=size)
    wh = tf.random.stateless_uniform([n, 2], [seed, 1], minval=2.0, maxval=8.0)
    return tf.concat([centers, wh], axis=1)


def main() -> None:
    encoder = LabelEncoder()
    for seed, n in enumerate((2, 3, 4)):
        gt = random_boxes(n, seed)
        label = encoder.encode((16, 16), gt, tf.range(n))
        print(label.shape, tf.reduce_sum(tf.cast(label[:, 4] >= 0, tf.int32)).numpy())
        cand = random_boxes(8, seed + 10)
        scores = tf.random.stateless_uniform([8], [seed, 5])
        print("nms", greedy_nms(cand, scores, 0.2, 4), soft_nms_weights(cand, scores).numpy().round(3)[:3])
        print("loss", smooth_l1(gt, gt + 0.3 * seed, 1.0).numpy().round(3), giou_loss(gt, gt + 0.5).numpy().round(4))
        print("ap", round(average_precision(scores > 0.5, 5), 4), convert_to_xywh(convert_to_corners(gt)).numpy()[0].round(2))


if __name__ == "__main__":
    main()
