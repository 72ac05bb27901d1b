import java.io.FileInputStream;
import java.io.InputStream;
import java.security.cert.*;
import java.util.List;
import java.util.Set;

/**
 * Java's PKIX path validation.
 *
 * <p>Called with ROOT INTERMEDIATE [CRL] [LEAF]; see say.sh for what a judge prints.
 */
final class Pkix {
    private interface Judge {
        void judge() throws Exception;
    }

    private static CertificateFactory factory;

    public static void main(String[] paths) throws Exception {
        factory = CertificateFactory.getInstance("X.509");
        X509Certificate root = certificate(paths[0]);
        X509Certificate intermediate = certificate(paths[1]);
        say("java-root", () -> root.verify(root.getPublicKey()));
        say("java-intermediate", () -> validate(root, null, intermediate));
        if (paths.length > 3) {
            X509Certificate leaf = certificate(paths[3]);
            say("java-leaf", () -> validate(root, null, leaf, intermediate));
        }
        if (paths.length > 2) {
            say("java-crl", () -> crl(paths[2]).verify(root.getPublicKey()));
            say("java-revocation", () -> validate(root, crl(paths[2]), intermediate));
        }
    }

    private static void say(String name, Judge judge) {
        try {
            judge.judge();
            System.out.println("PASS " + name + " accepted");
        } catch (Exception error) {
            String words = error.toString().replaceAll("\\s+", " ");
            System.out.println("FAIL " + name + " " + words);
        }
    }

    private static X509Certificate certificate(String path) throws Exception {
        try (InputStream file = new FileInputStream(path)) {
            return (X509Certificate) factory.generateCertificate(file);
        }
    }

    private static X509CRL crl(String path) throws Exception {
        try (InputStream file = new FileInputStream(path)) {
            return (X509CRL) factory.generateCRL(file);
        }
    }

    private static void validate(X509Certificate root, X509CRL crl, X509Certificate... path)
            throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.setRevocationEnabled(crl != null);
        if (crl != null) {
            CertStoreParameters store = new CollectionCertStoreParameters(List.of(crl));
            parameters.addCertStore(CertStore.getInstance("Collection", store));
        }
        CertPath chain = factory.generateCertPath(List.of(path));
        CertPathValidator.getInstance("PKIX").validate(chain, parameters);
    }
}
