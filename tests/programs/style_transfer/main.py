import numpy as np
import tensorflow as tf

content_layers = ['conv2']
style_layers = ['conv1', 'conv2', 'conv3']
num_content_layers = len(content_layers)
num_style_layers = len(style_layers)
style_weight = 1e-2
content_weight = 1e2
total_variation_weight = 0.5


def tiny_vgg():
    inp = tf.keras.Input((None, None, 3))
    x = inp
    for i, (ch, stride) in enumerate([(4, 1), (6, 2), (8, 2)]):
        x = tf.keras.layers.Conv2D(ch, 3, strides=stride, padding='same', activation='relu', name=f'conv{i + 1}')(x)
    return tf.keras.Model(inp, x)


def vgg_layers(vgg, layer_names):
    """Creates a model that returns a list of intermediate output values."""
    vgg.trainable = False
    outputs = [vgg.get_layer(name).output for name in layer_names]
    return tf.keras.Model([vgg.input], outputs)


def gram_matrix(input_tensor):
    result = tf.linalg.einsum('bijc,bijd->bcd', input_tensor, input_tensor)
    input_shape = tf.shape(input_tensor)
    num_locations = tf.cast(input_shape[1] * input_shape[2], tf.float32)
    return result / num_locations


class StyleContentModel(tf.keras.models.Model):
    def __init__(self, vgg, style_layers, content_layers):
        super().__init__()
        self.vgg = vgg_layers(vgg, style_layers + content_layers)
        self.style_layers = style_layers
        self.content_layers = content_layers
        self.num_style_layers = len(style_layers)

    def call(self, inputs):
        "Expects float input in [0,1]"
        outputs = self.vgg(inputs * 2.0 - 1.0)
        style_outputs, content_outputs = (outputs[:self.num_style_layers], outputs[self.num_style_layers:])
        style_outputs = [gram_matrix(style_output) for style_output in style_outputs]
        content_dict = {n: v for n, v in zip(self.content_layers, content_outputs)}
        style_dict = {n: v for n, v in zip(self.style_layers, style_outputs)}
        return {'content': content_dict, 'style': style_dict}


def clip_0_1(image):
    return tf.clip_by_value(image, clip_value_min=0.0, clip_value_max=1.0)


def style_content_loss(outputs, style_targets, content_targets):
    style_outputs = outputs['style']
    content_outputs = outputs['content']
    style_loss = tf.add_n([tf.reduce_mean((style_outputs[name] - style_targets[name]) ** 2)
                           for name in style_outputs.keys()])
    style_loss *= style_weight / num_style_layers
    content_loss = tf.add_n([tf.reduce_mean((content_outputs[name] - content_targets[name]) ** 2)
                             for name in content_outputs.keys()])
    content_loss *= content_weight / num_content_layers
    return style_loss + content_loss


def high_pass_x_y(image):
    x_var = image[:, :, 1:, :] - image[:, :, :-1, :]
    y_var = image[:, 1:, :, :] - image[:, :-1, :, :]
    return x_var, y_var


def total_variation_loss(image):
    x_deltas, y_deltas = high_pass_x_y(image)
    return tf.reduce_sum(tf.abs(x_deltas)) + tf.reduce_sum(tf.abs(y_deltas))


def tensor_to_image(tensor):
    tensor = tensor * 255
    tensor = np.array(tensor, dtype=np.uint8)
    if np.ndim(tensor) > 3:
        assert tensor.shape[0] == 1
        tensor = tensor[0]
    return tensor


def transfer(extractor, content, style, opt, steps):
    style_targets = extractor(style)['style']
    content_targets = extractor(content)['content']
    image = tf.Variable(content)

    @tf.function()
    def train_step(image):
        print('Tracing train_step')
        with tf.GradientTape() as tape:
            outputs = extractor(image)
            loss = style_content_loss(outputs, style_targets, content_targets)
            loss += total_variation_weight * total_variation_loss(image) / 1000.
        grad = tape.gradient(loss, image)
        opt.apply_gradients([(grad, image)])
        image.assign(clip_0_1(image))
        return loss

    for n in range(steps):
        loss = train_step(image)
    return image, loss


def main():
    tf.keras.utils.set_random_seed(9)
    extractor = StyleContentModel(tiny_vgg(), style_layers, content_layers)
    for k, size in enumerate((8, 8, 10)):
        content = tf.random.stateless_uniform([1, size, size, 3], [k, 1])
        style = tf.random.stateless_uniform([1, size, size, 3], [k, 2])
        image, loss = transfer(extractor, content, style, tf.keras.optimizers.Adam(0.02), 3)
        print(size, loss.numpy().round(4), tensor_to_image(image).shape, tensor_to_image(image).mean().round(2))
        print('tv', total_variation_loss(image).numpy().round(2), gram_matrix(image).numpy().round(3)[0, 0])


if __name__ == '__main__':
    main()
