package io.coordination.backend;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A certificate that vouches for itself, and its key, in files.
 *
 * @param store both, as PKCS #12
 * @param certificate the certificate, as PEM
 * @param key the key, as PEM
 */
public record Certificate(Path store, Path certificate, Path key) {

	/** The password of the store. */
	public static final String PASSWORD = "changeit";

	/**
	 * Makes a certificate.
	 * @param directory where the files go
	 * @param name whose certificate it is
	 * @param hosts the alternative names, such as {@code ip:127.0.0.1}
	 */
	public static Certificate make(Path directory, String name, String hosts)
			throws IOException, InterruptedException, GeneralSecurityException {
		Path store = directory.resolve(name + ".p12");
		Files.deleteIfExists(store);
		run(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-keyalg",
				"RSA", "-keysize", "2048", "-validity", "2", "-alias", name, "-dname", "CN=" + name, "-ext",
				"san=" + hosts, "-ext", "bc=ca:true", "-storetype", "PKCS12", "-keystore", store.toString(),
				"-storepass", PASSWORD));
		char[] password = PASSWORD.toCharArray();
		KeyStore keys = KeyStore.getInstance(store.toFile(), password);
		return new Certificate(store,
				write(directory.resolve(name + ".crt.pem"), "CERTIFICATE", keys.getCertificate(name).getEncoded()),
				write(directory.resolve(name + ".key.pem"), "PRIVATE KEY", keys.getKey(name, password).getEncoded()));
	}

	private static Path write(Path file, String kind, byte[] bytes) throws IOException {
		List<String> lines = new ArrayList<>();
		lines.add("-----BEGIN " + kind + "-----");
		lines.add(Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(bytes));
		lines.add("-----END " + kind + "-----");
		return Files.write(file, lines, StandardCharsets.US_ASCII);
	}

	private static void run(List<String> command) throws IOException, InterruptedException {
		Process process = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		assertThat(process.waitFor()).isZero();
	}

}
