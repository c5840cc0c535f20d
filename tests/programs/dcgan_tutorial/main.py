import tensorflow as tf
from tensorflow.keras import layers

BATCH_SIZE = 8
noise_dim = 10
num_examples_to_generate = 4
EPOCHS = 2


def make_generator_model():
    model = tf.keras.Sequential()
    model.add(tf.keras.Input(shape=(noise_dim,)))
    model.add(layers.Dense(4 * 4 * 8, use_bias=False))
    model.add(layers.LeakyReLU())
    model.add(layers.Reshape((4, 4, 8)))
    model.add(layers.Conv2DTranspose(4, (3, 3), strides=(2, 2), padding='same', use_bias=False))
    model.add(layers.LeakyReLU())
    model.add(layers.Conv2DTranspose(1, (3, 3), strides=(1, 1), padding='same', activation='tanh'))
    return model


def make_discriminator_model():
    model = tf.keras.Sequential()
    model.add(tf.keras.Input(shape=(8, 8, 1)))
    model.add(layers.Conv2D(4, (3, 3), strides=(2, 2), padding='same'))
    model.add(layers.LeakyReLU())
    model.add(layers.Flatten())
    model.add(layers.Dense(1))
    return model


cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_output, fake_output):
    real_loss = cross_entropy(tf.ones_like(real_output), real_output)
    fake_loss = cross_entropy(tf.zeros_like(fake_output), fake_output)
    total_loss = real_loss + fake_loss
    return total_loss


def generator_loss(fake_output):
    return cross_entropy(tf.ones_like(fake_output), fake_output)


tf.keras.utils.set_random_seed(7)
generator = make_generator_model()
discriminator = make_discriminator_model()
generator_optimizer = tf.keras.optimizers.Adam(1e-4)
discriminator_optimizer = tf.keras.optimizers.Adam(1e-4)


# Notice the use of `tf.function`
# This annotation causes the function to be "compiled".
@tf.function
def train_step(images):
    noise = tf.random.normal([BATCH_SIZE, noise_dim])

    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated_images = generator(noise, training=True)

        real_output = discriminator(images, training=True)
        fake_output = discriminator(generated_images, training=True)

        gen_loss = generator_loss(fake_output)
        disc_loss = discriminator_loss(real_output, fake_output)

    gradients_of_generator = gen_tape.gradient(gen_loss, generator.trainable_variables)
    gradients_of_discriminator = disc_tape.gradient(disc_loss, discriminator.trainable_variables)

    generator_optimizer.apply_gradients(zip(gradients_of_generator, generator.trainable_variables))
    discriminator_optimizer.apply_gradients(zip(gradients_of_discriminator, discriminator.trainable_variables))
    return gen_loss, disc_loss


def generate_and_summarize(model, epoch, test_input):
    # `training` is set to False so all layers run in inference mode (batchnorm).
    predictions = model(test_input, training=False)
    rescaled = predictions * 127.5 + 127.5
    print('epoch %d: pixel mean %.3f std %.3f' % (
        epoch, float(tf.reduce_mean(rescaled)), float(tf.math.reduce_std(rescaled))))
    return rescaled


def preprocess(image):
    image = tf.cast(image, tf.float32)
    image = (image - 127.5) / 127.5
    return image


def train(dataset, epochs, seed):
    for epoch in range(epochs):
        for image_batch in dataset:
            g, d = train_step(image_batch)
        generate_and_summarize(generator, epoch + 1, seed)
        print('  gen', g.numpy().round(4), 'disc', d.numpy().round(4))
    generate_and_summarize(generator, epochs, seed)


def main():
    raw = tf.random.stateless_uniform([24, 8, 8, 1], seed=[1, 2], maxval=256, dtype=tf.int32)
    seed = tf.random.stateless_normal([num_examples_to_generate, noise_dim], seed=[3, 4])
    dataset = tf.data.Dataset.from_tensor_slices(raw).map(preprocess).batch(BATCH_SIZE)
    train(dataset, EPOCHS, seed)

    a = discriminator(next(iter(dataset)))
    for scale in (1.0, 0.5, 2.0):
        print(discriminator_loss(a, a * scale).numpy().round(5), generator_loss(a * scale).numpy().round(5))
    print(preprocess(raw[0])[0, 0].numpy(), preprocess(raw[:2]).shape, preprocess(raw[3]).shape)


if __name__ == '__main__':
    main()
